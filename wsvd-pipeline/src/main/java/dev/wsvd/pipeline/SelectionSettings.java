package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.CostModel;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.spi.Selector;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.quantization.Int8Scheme;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.PlanSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the selection of ranks may choose from, as the user says it. */
final class SelectionSettings {
    private static final String WEIGHT_SVD = "weight-svd";

    Optional<String> scheme = Optional.empty();
    Metric metric = Metric.MAC;
    /** Besides those on the classpath. */
    final List<CompressionScheme> schemes = new ArrayList<>();
    /** Besides those on the classpath. */
    final List<CostModel> costs = new ArrayList<>();

    /** Whether layers and networks are timed. */
    boolean isTimed(CompressionParameters chosen) {
        return metric.equals(Metric.LATENCY) || limits(chosen.selector(), Metric.LATENCY);
    }

    /** @throws InvalidInputException if settings or parameters do not go together, or ask for what there is not */
    <M> Selection<M> of(Settings<M> settings, CompressionParameters chosen) {
        settings.requireConsistent();
        List<CompressionScheme> all = new ArrayList<>(Services.schemes().all());
        all.addAll(schemes);
        List<CostModel> counted = new ArrayList<>(Services.costModels());
        counted.addAll(costs);
        if (!metric.equals(Metric.LATENCY)) {
            requireKnown(metric, counted);
        }
        boolean free = chosen.selector().weighsForms() || chosen.form().isPresent();
        if (!settings.int8 && chosen.selector() instanceof PlanSelector given && isInInt8(given)) {
            throw new InvalidInputException("The plan has layers in int8, and a model in float is to be made."
                    + " Maybe add --int8 (from Java, ModelCompressor.int8()).");
        }
        Optional<Int8<M>> int8 = settings.int8
                ? Optional.of(new Int8<>(settings, chosen.modulesToIgnore(), choosesBits(chosen.selector())))
                : Optional.empty();
        Optional<Int8Scheme> bits = int8.filter(Int8::isChosen).map(it -> new Int8Scheme(it.layers()));
        bits.ifPresent(all::add);
        Schemes known = new Schemes(all);
        String id = scheme.orElse(free ? Schemes.ANY : WEIGHT_SVD);
        Schemes family = with(known.named(id), bits);
        chosen.form().filter(form -> !family.forms().contains(form)).ifPresent(form -> {
            known.of(form);
            throw new InvalidInputException(
                    "The " + form + " unfolding does not belong to " + id + "; allowed: " + family.forms() + ".");
        });
        List<String> forms = chosen.form().map(List::of).orElse(family.forms());
        return new Selection<>(
                known,
                new Costs(counted, known)
                        .withInt8(int8.filter(Int8::isChosen).map(Int8::layers).orElse(Set.of())),
                new RunProblem.Terms(metric, family, forms, new Multiples(chosen.multiplicity(), settings.model)),
                int8);
    }

    private static Schemes with(Schemes family, Optional<Int8Scheme> more) {
        List<CompressionScheme> all = new ArrayList<>(family.all());
        more.filter(it -> !all.contains(it)).ifPresent(all::add);
        return new Schemes(all);
    }

    private static boolean isInInt8(PlanSelector given) {
        return given.origin().filter(PlanOrigin::int8).isPresent()
                || given.plan().changes().values().stream().anyMatch(Int8::isInt8);
    }

    private boolean choosesBits(Selector selector) {
        if (selector instanceof PlanSelector given) {
            return isInInt8(given);
        }
        return selector instanceof BudgetSelector
                && Stream.of(Metric.BYTES, Metric.LATENCY)
                        .anyMatch(counted -> metric.equals(counted) || limits(selector, counted));
    }

    private static boolean limits(Selector selector, Metric metric) {
        return selector instanceof BudgetSelector budget
                && budget.parameters().most().containsKey(metric);
    }

    private static void requireKnown(Metric metric, List<CostModel> costs) {
        List<Metric> known = Stream.concat(costs.stream().map(CostModel::metric), Stream.of(Metric.LATENCY))
                .toList();
        if (!known.contains(metric)) {
            throw new InvalidInputException("Unknown cost metric '" + metric + "'; allowed: "
                    + known.stream().map(Metric::id).collect(Collectors.joining(", ")) + ".");
        }
    }
}
