package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What says how networks are made and scored, wherever that is done. */
final class CompressorArguments {
    @Parameters(paramLabel = "MODEL", description = "The model, a file or folder; it is never changed.")
    private Path model;

    @Mixin
    private final SelectionArguments selection = new SelectionArguments();

    @Mixin
    private final CalibrationArguments calibration = new CalibrationArguments();

    @Mixin
    private final TimingArguments timing = new TimingArguments();

    @Mixin
    private final ModelArguments modelArguments = new ModelArguments();

    @Mixin
    private final DataArguments data = new DataArguments();

    @Mixin
    private final WeightArguments weights = new WeightArguments();

    @Option(
            names = "--int8",
            description =
                    "Make the layers of the compressed model compute in int8, as '${ROOT-COMMAND-NAME} quantize' does. Where bytes or time are"
                            + " limited in budgeted selection, which layers stay in float is part of the choice.")
    private boolean int8;

    @Option(
            names = "--backend",
            paramLabel = "ID",
            description = "The linear algebra to use; see '${ROOT-COMMAND-NAME} providers'.")
    private String backend;

    SelectionArguments selection() {
        return selection;
    }

    CalibrationArguments calibration() {
        return calibration;
    }

    TimingArguments timing() {
        return timing;
    }

    DataArguments data() {
        return data;
    }

    WeightArguments weights() {
        return weights;
    }

    /** All files that are read but for kept moments; null where one is not given. */
    List<Path> inputs() {
        List<Path> inputs = new ArrayList<>(data.files());
        inputs.add(model);
        inputs.add(selection.planFile());
        inputs.add(calibration.inputs());
        inputs.add(weights.file());
        return inputs;
    }

    /**
     * Refuses what does not go together.
     *
     * @param curve whether a curve is made, and no model
     * @throws InvalidInputException if something does not
     */
    void requireConsistent(boolean curve, boolean dryRun) {
        timing.requireUsed(
                selection.timed(), !curve && !modelArguments.isolates() && selection.weighsFreely(calibration.given()));
        weights.requireConsistent(curve, dryRun, int8);
        data.requireConsistent();
        calibration.requireConsistent();
        data.requireNotAmong(calibration.inputs());
        data.preparation().requireUsed(Arrays.asList(data.file().orElse(null), calibration.inputs()));
    }

    /** Opens the model, and reads the data. */
    OpenedModel<?> opened(Console console) {
        SampleReader reader = new SampleReader(data.preparation(), modelArguments, model, console);
        data.load(reader);
        calibration.load(reader);
        return weights.open(model, modelArguments.options(data.dataset().or(calibration::dataset)));
    }

    /** The files of the model, and of its other weights, each by the one that is given. */
    Map<Path, List<Path>> filesTogether(CompressibleModel<?> opened) {
        List<Path> ofWeights = weights.files();
        List<Path> own = opened.files().stream()
                .filter(file -> !ofWeights.contains(file))
                .toList();
        Map<Path, List<Path>> together = new HashMap<>(Map.of(model, SampleReader.withTokenizer(own)));
        if (!ofWeights.isEmpty()) {
            together.put(weights.file(), ofWeights);
        }
        return together;
    }

    /** Opens what was made of the model. */
    CompressibleModel<?> written(OpenedModel<?> opened, Path output) {
        return opened.sibling(output, modelArguments.options(Optional.empty())).model();
    }

    /** How ranks are chosen. */
    CompressionParameters parameters(OpenedModel<?> opened, Console console) {
        return selection.parameters(opened.model().identity(), calibration.given(), console.progress());
    }

    /** What scores networks, if there is data for it. */
    <M> Optional<Evaluator<M>> evaluator(OpenedModel<M> opened) {
        return data.dataset().map(samples -> data.evaluator(opened, samples));
    }

    /** A compressor that makes and scores networks as is asked for. */
    <M> ModelCompressor<M> compressor(OpenedModel<M> opened, CompressionParameters parameters) {
        ModelCompressor<M> compressor =
                ModelCompressor.of(opened.model()).metric(selection.metric()).parameters(parameters);
        selection.scheme().ifPresent(compressor::scheme);
        data.dataset()
                .ifPresent(d -> compressor
                        .evaluator(data.evaluator(opened, d), Evaluator.ALL)
                        .reportErrorsOn(ArrayActivations.of(opened.format(), d)));
        calibration.addTo(compressor, opened.format());
        timing.addTo(compressor);
        if (calibration.correct()) {
            compressor.correct();
        }
        if (backend != null) {
            compressor.backend(backend);
        }
        if (int8) {
            compressor.int8();
        }
        return compressor;
    }
}
