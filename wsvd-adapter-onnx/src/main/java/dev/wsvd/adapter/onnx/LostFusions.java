package dev.wsvd.adapter.onnx;

import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineModel;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.run.OnnxPredictor;
import dev.wsvd.adapter.onnx.internal.run.PairedTimes;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Unfitted;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Which cuts of attention's heads lose fusions of ONNX Runtime, and how long the model takes then. It fuses attention only where values,
 * queries and keys are as wide as the model; other fusions do not look at how many channels there are, so that models without attention
 * are not looked at.
 */
final class LostFusions {
    /** Attention of one shape is cut in all places at once: that is one trial. */
    private record Heads(Kind kind, int groups, int perGroup) {
        static Heads of(Coupling coupling) {
            return new Heads(coupling.kind(), coupling.groups(), coupling.perGroup());
        }
    }

    private final CompressibleModel<OnnxModel> model;
    private final Map<String, Tensor> input;
    private final BiFunction<Runnable, Runnable, Optional<PairedTimes>> timing;
    private final Map<String, Integer> fused;

    private LostFusions(
            CompressibleModel<OnnxModel> model,
            Map<String, Tensor> input,
            BiFunction<Runnable, Runnable, Optional<PairedTimes>> timing)
            throws EngineException {
        this.model = model;
        this.input = input;
        this.timing = timing;
        this.fused = fused(model.model());
    }

    /**
     * The fusions that are lost, each with the couplings whose cut loses it.
     *
     * @param input to time the model with, asked for if there is attention; where none can be made, nothing is told
     * @param timing times the model and a cut one; where it gives no times, nothing is told of the cut
     */
    static List<LostFusion> of(
            CompressibleModel<OnnxModel> model,
            Supplier<Optional<Map<String, Tensor>>> input,
            BiFunction<Runnable, Runnable, Optional<PairedTimes>> timing) {
        Map<Heads, List<Coupling>> trials = model.couplings().stream()
                .filter(coupling -> coupling.kind() != Kind.CHANNELS)
                .collect(Collectors.groupingBy(Heads::of, LinkedHashMap::new, Collectors.toList()));
        Optional<Map<String, Tensor>> made = trials.isEmpty() ? Optional.empty() : input.get();
        if (made.isEmpty()) {
            return List.of();
        }
        try {
            return new LostFusions(model, made.get(), timing).lost(trials.values());
        } catch (EngineLostException e) {
            throw e;
        } catch (EngineException | WsvdException e) {
            // What cannot be measured limits nothing.
            return List.of();
        }
    }

    private List<LostFusion> lost(Collection<List<Coupling>> trials) throws EngineException {
        List<Coupling> all = trials.stream().flatMap(List::stream).toList();
        List<LostFusion> lost = new ArrayList<>();
        if (lost(halved(all)).isEmpty()) {
            return lost;
        }
        for (List<Coupling> trial : trials) {
            OnnxModel cut = halved(trial);
            List<String> operators = lost(cut);
            if (!operators.isEmpty()) {
                timed(cut)
                        .map(times -> new LostFusion(
                                trial,
                                operators,
                                half(trial.get(0)),
                                times.firstMs(),
                                times.secondMs(),
                                times.isSecondFaster()))
                        .ifPresent(lost::add);
            }
        }
        return lost;
    }

    /** The operators of which a model has fewer than the original. */
    private List<String> lost(OnnxModel cut) throws EngineException {
        Map<String, Integer> after = fused(cut);
        return fused.keySet().stream()
                .filter(operator -> after.getOrDefault(operator, 0) < fused.get(operator))
                .toList();
    }

    private static Map<String, Integer> fused(OnnxModel of) throws EngineException {
        return engine(of).fusedOperators(EngineModel.of(of.proto(), external(of)));
    }

    private static Engine engine(OnnxModel of) {
        return of.engine();
    }

    private static ExternalData external(OnnxModel of) {
        return new ExternalData(of.folder().orElse(null));
    }

    private Optional<PairedTimes> timed(OnnxModel cut) {
        try (OnnxPredictor before = predictor(model.model());
                OnnxPredictor after = predictor(cut)) {
            return timing.apply(() -> before.run(input), () -> after.run(input));
        }
    }

    private static OnnxPredictor predictor(OnnxModel of) {
        return OnnxPredictor.of(engine(of), of.proto(), external(of));
    }

    private static int half(Coupling coupling) {
        return coupling.perGroup() / 2;
    }

    /** The model with the first half of the units of each group, unfitted: as fast as with any other half. */
    private OnnxModel halved(List<Coupling> couplings) {
        try (CompressibleModel<OnnxModel> cut =
                model.with(couplings.stream().map(this::halved).toList())) {
            return cut.model();
        }
    }

    private Replacement halved(Coupling coupling) {
        int rank = half(coupling);
        Place place = new Place(coupling.layer(), Optional.of(coupling));
        return Unfitted.of(place, Choice.of("half", rank), Blueprint.of(Cut.shrinks(coupling, rank)), false);
    }
}
