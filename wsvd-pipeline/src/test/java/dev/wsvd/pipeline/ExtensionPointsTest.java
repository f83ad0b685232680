package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.CostModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** A cost model and a selector of one's own, each one class. */
class ExtensionPointsTest {
    private static final Metric ACTIVATIONS = new Metric("activations", "values");

    private final CompressibleModel<OnnxModel> model =
            new OnnxFormat().open(Path.of("..", "demo", "fashion-resnet.onnx"), OpenOptions.DEFAULT);

    /** What ops give for one sample, and a hundredth of their weights, so that less is less. */
    private static final class ActivationCost implements CostModel {
        @Override
        public Metric metric() {
            return ACTIVATIONS;
        }

        @Override
        public long cost(Layer layer, List<SizedOp> ops) {
            return ops.stream()
                    .mapToLong(op -> op.output().stream().reduce(1L, (a, b) -> a * b)
                            + op.op().weight().elements() / 100)
                    .sum();
        }
    }

    @Test
    void aCostModelOfOnesOwnIsATargetAndALimit() {
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(0.97))
                .costModel(new ActivationCost())
                .metric(ACTIVATIONS)
                .compress();

        assertThat(result.stats().ratio(ACTIVATIONS)).isLessThanOrEqualTo(0.97);
        assertThat(result.plan().changes()).isNotEmpty();
        assertThat(result.stats().goal().metric()).isEqualTo(ACTIVATIONS);
        long most = result.stats().before().of(ACTIVATIONS) * 98 / 100;
        assertThat(limited(most)
                        .costModel(new ActivationCost())
                        .plan()
                        .stats()
                        .after()
                        .of(ACTIVATIONS))
                .isLessThanOrEqualTo(most);
        assertThatThrownBy(() -> limited(most).plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "No cost model counts 'activations', so that it cannot be limited; known: [mac, memory, bytes].");
    }

    private ModelCompressor<OnnxModel> limited(long most) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.of(new BudgetSelector(new BudgetSelectionParameters(
                        Optional.empty(), Map.of(ACTIVATIONS, most), OptionalDouble.empty()))));
    }

    /** Every layer at its largest option that saves. */
    private static final class Largest implements Selector {
        @Override
        public String id() {
            return "largest";
        }

        @Override
        public Plan select(SelectionProblem problem) {
            Map<LayerId, Decision> decisions = new LinkedHashMap<>();
            problem.sites()
                    .forEach(site -> decisions.put(
                            site.id(),
                            problem.series(site).stream()
                                    .reduce((first, second) -> second)
                                    .<Decision>map(option -> new Decision.Change(option.choice()))
                                    .orElseGet(() -> site.kept("nothing saves"))));
            return new Plan(decisions);
        }
    }

    @Test
    void aSelectorOfOnesOwnChooses() {
        PlannedCompression planned = ModelCompressor.of(model)
                .parameters(CompressionParameters.of(new Largest()).withForm("output-channel"))
                .plan();

        assertThat(planned.stats().goal().selection()).isEqualTo("largest");
        assertThat(planned.plan().changes().values())
                .hasSizeGreaterThan(8)
                .allMatch(choice -> choice.form().equals("output-channel"));
        assertThat(planned.stats().ratio(Metric.MAC)).isBetween(0.9, 1.0);
    }
}
