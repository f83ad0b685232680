package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What a run is expected to do yet, as far as that is known at each time; for progress alone. */
final class Outlook {
    /** Forms that a layer is decomposed for, about. */
    private static final int FORMS = 2;

    private final Settings<?> settings;
    private final Workload workload;
    private final Progress progress;
    private int quick;
    private int plans;
    private int compressed;
    private List<Layer> replaced;
    private List<Layer> corrected;

    Outlook(Settings<?> settings, Workload workload, Progress progress) {
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
        progress.expect(Stage.CALIBRATE, workload.moments());
    }

    /** All layers will be decomposed and weighed against each other. */
    void expectWeighing() {
        List<Layer> layers = workload.supported();
        progress.expect(Stage.DECOMPOSE, FORMS * sum(layers, workload::decomposition));
        settings.calibration.filter(inputs -> settings.model.runsWhole()).ifPresent(inputs -> {
            long samples = Math.min(
                    inputs.samples(), Sensitivities.samples(sum(layers, layer -> workload.macsFrom(layer.id()))));
            progress.expect(Stage.WEIGH, sum(layers, layer -> workload.weighing(layer.id(), samples)));
        });
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
        // For the report, at the end.
        progress.expect(
                Stage.DECOMPOSE, settings.reportSpectra ? sum(workload.supported(), workload::decomposition) : 0);
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
        expectCorrections();
    }

    /** A network was made and evaluated. */
    void planDone() {
        plans = Math.max(0, plans - 1);
    }

    private void expectPlans() {
        int networks = plans + compressed;
        progress.expect(Stage.REPLACE, networks * sum(replaced, workload::replacement));
        if (settings.evaluator.isPresent()) {
            progress.expect(Stage.EVALUATE, (quick + networks) * workload.evaluation());
        }
        if (settings.correct) {
            expectCorrections();
        }
        if (settings.fineTuner.isPresent()) {
            progress.expect(Stage.FINE_TUNE, compressed * (replaced.size() + 1) * workload.training());
        }
        if (settings.int8) {
            progress.expect(Stage.FINISH, networks * workload.finishing());
        }
        if (settings.reportedOn.isPresent()) {
            progress.expect(Stage.MEASURE, compressed * workload.outputErrors(replaced));
        }
    }

    private void expectCorrections() {
        progress.expect(Stage.CORRECT, (plans + compressed) * sum(corrected, workload::correction));
    }

    private static double sum(List<Layer> layers, ToDoubleFunction<Layer> work) {
        return layers.stream().mapToDouble(work).sum();
    }
}
