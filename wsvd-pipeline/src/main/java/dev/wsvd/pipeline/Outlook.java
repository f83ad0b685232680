package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.Collection;
import java.util.List;

/** What a run is expected to do yet, as far as that is known at each time; for progress alone. */
final class Outlook<M> {
    /** Of an evaluator that does not say. */
    private static final long EVALUATED = 1000;

    /** Samples that output errors are measured on at most. */
    static final long MEASURED = 500;

    private static final long WEIGHED = 200;
    /** Forms that a layer is decomposed for, about. */
    private static final int FORMS = 2;

    private final Settings<M> settings;
    private final Workload workload;
    private final Progress progress;
    private long samples;
    private int quick;
    private int plans;
    private int compressed;
    private List<Layer> replaced;
    private List<Layer> corrected;

    Outlook(Settings<M> settings, Workload workload, Progress progress) {
        this.settings = settings;
        this.workload = workload;
        this.progress = progress;
        this.replaced = workload.supported();
        this.corrected = replaced;
    }

    /** The run will make a compressed model. */
    void expectCompressed() {
        compressed = 1;
        expectPlans();
    }

    /** Moments will be learnt. */
    void expectMoments() {
        progress.expect(Stage.CALIBRATE, moments());
    }

    /** All layers will be decomposed and weighed against each other. */
    void expectWeighing() {
        progress.expect(
                Stage.DECOMPOSE,
                FORMS
                        * workload.supported().stream()
                                .mapToDouble(workload::decomposition)
                                .sum());
        settings.calibration.ifPresent(inputs -> progress.expect(
                Stage.WEIGH,
                workload.supported().stream()
                        .mapToDouble(layer -> workload.divergence(layer.id(), Math.min(WEIGHED, inputs.samples())))
                        .sum()));
    }

    /**
     * So many evaluations are to come, besides that of the compressed model.
     *
     * @param quickly of the original and of networks that are made without correction
     * @param ofPlans of networks that are made as the compressed model would be
     */
    void expectScores(int quickly, int ofPlans) {
        quick = quickly;
        plans = ofPlans;
        expectPlans();
    }

    /** All is decided. */
    void selected(Plan plan) {
        quick = 0;
        plans = 0;
        progress.expect(Stage.DECOMPOSE, 0);
        progress.expect(Stage.WEIGH, 0);
        replacing(plan);
    }

    /** A plan is about to be carried out. */
    void replacing(Plan plan) {
        replaced = workload.supported().stream()
                .filter(layer -> plan.changes().containsKey(layer.id()))
                .toList();
        corrected = replaced;
        expectPlans();
    }

    /** Some layers are about to be corrected. */
    void correcting(Collection<Layer> layers) {
        corrected = List.copyOf(layers);
        progress.expect(Stage.CORRECT, (plans + compressed) * corrections());
    }

    /** A network was made and evaluated. */
    void planDone() {
        plans = Math.max(0, plans - 1);
    }

    private void expectPlans() {
        int networks = plans + compressed;
        progress.expect(
                Stage.REPLACE,
                networks * replaced.stream().mapToDouble(workload::replacement).sum());
        if (settings.evaluator.isPresent()) {
            progress.expect(Stage.EVALUATE, (quick + networks) * evaluation());
        }
        if (settings.correct) {
            progress.expect(Stage.CORRECT, networks * corrections());
        }
        if (settings.fineTuner.isPresent()) {
            progress.expect(Stage.FINE_TUNE, compressed * (replaced.size() + 1) * workload.training());
        }
        settings.reportedOn.ifPresent(inputs -> progress.expect(Stage.MEASURE, compressed * outputErrors()));
    }

    private double corrections() {
        return workload.corrections(corrected, inputs());
    }

    private long inputs() {
        return settings.calibration.map(Activations::samples).orElse(0L);
    }

    /** The work of learning moments. */
    double moments() {
        return workload.moments(inputs());
    }

    /** The work of correcting a layer. */
    double correction(Layer layer) {
        return workload.correction(layer, inputs());
    }

    /** The work of measuring output errors. */
    double outputErrors() {
        return workload.outputErrors(
                replaced,
                Math.min(MEASURED, settings.reportedOn.map(Activations::samples).orElse(0L)));
    }

    /** The work of an evaluation. */
    double evaluation() {
        if (samples == 0) {
            samples = settings.evaluator
                    .flatMap(evaluator -> evaluator.identity(settings.iterations))
                    .map(EvaluatorIdentity::samples)
                    .orElse(Math.min(EVALUATED, settings.iterations));
        }
        return workload.evaluation(samples);
    }
}
