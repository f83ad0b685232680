package dev.wsvd.cli;

import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent.Notice;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.DataCheck;
import dev.wsvd.evaluation.EmbeddingEvaluator;
import dev.wsvd.evaluation.FidelityEvaluator;
import dev.wsvd.evaluation.Pooling;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that say what models are scored on. */
final class DataArguments {
    @Option(
            names = "--data",
            paramLabel = "FILE|FOLDER",
            description =
                    "Inputs, batch first: .npy for a model with one input, .npz by input name; or texts: .txt, one on"
                            + " each line, .csv or .tsv with a column text; or a folder of images, whose sub-folders are"
                            + " classes.")
    private Path data;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description =
                    "Class labels (.npy; .txt, .csv, .tsv), to score by accuracy (default: those in --data, the column label"
                            + " or the sub-folders by name)."
                            + " Without labels, models are scored by fidelity to the original.")
    private Path labels;

    @Option(
            names = "--score",
            paramLabel = "accuracy|fidelity|embedding",
            description =
                    "What models are scored by (default: accuracy with labels, else fidelity). embedding: recall@10,"
                            + " what a search by the model's vectors still finds among the original's.")
    private String score;

    @Option(
            names = "--pooling",
            paramLabel = "mean|cls",
            description = "Embeddings: how the vectors of a text's tokens become one (default: mean).")
    private String pooling;

    @Mixin
    private final PreparationArguments preparation = new PreparationArguments();

    @Option(names = "--samples", paramLabel = "N", description = "Score on the first N samples (default: all).")
    private Integer samples;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "Top-K accuracy: a sample is right if its label is among the K highest outputs (default: 1).")
    private Integer topK;

    @Option(
            names = "--output-name",
            paramLabel = "NAME",
            description =
                    "The output to score (default: for accuracy the one that fits the labels, for fidelity all, for"
                            + " embedding the only one).")
    private String outputName;

    private Optional<ArrayDataset> loaded = Optional.empty();

    /** The inputs' file, if it was given. */
    Optional<Path> file() {
        return Optional.ofNullable(data);
    }

    /** The files these options name; those not given are null. */
    List<Path> files() {
        return Arrays.asList(data, labels);
    }

    /** Whether there are samples to score on. */
    boolean given() {
        return data != null;
    }

    /** @throws InvalidInputException if that file is the one that scores */
    void requireNotAmong(Path calibration) {
        if (calibration != null && data != null && FileIdentity.isSame(calibration, data)) {
            throw new InvalidInputException("--calibration and --data are the same file, " + data
                    + "; a score on calibration data is too high. Maybe split it into two files.");
        }
    }

    /** @throws InvalidInputException if an option says how to use something that was not given */
    void requireConsistent() {
        if (data == null && labels != null) {
            throw new InvalidInputException("--labels " + labels + " needs --data. Maybe add it.");
        }
        if (data == null) {
            new GivenOptions()
                    .with("--samples", samples != null)
                    .with("--top-k", topK != null)
                    .with("--output-name", outputName != null)
                    .with("--score", score != null)
                    .with("--pooling", pooling != null)
                    .requireData();
        }
        if (samples != null && samples < 1) {
            throw new InvalidInputException("--samples must be at least 1, found " + samples + ".");
        }
        Optional<Scoring> scoring = scoring();
        if (scoring.isPresent() && scoring.get() != Scoring.ACCURACY) {
            new GivenOptions()
                    .with("--labels", labels != null)
                    .with("--top-k", topK != null)
                    .refuse("--score " + scoring.get().text() + " needs no labels");
        }
        if (pooling != null && !scoring.equals(Optional.of(Scoring.EMBEDDING))) {
            throw new InvalidInputException("--pooling is for --score embedding. Maybe add it.");
        }
        pooling();
    }

    /** @throws InvalidInputException if models are scored by nearness to an original, and there is none */
    void requireNoOriginalNeeded() {
        scoring().filter(scoring -> scoring != Scoring.ACCURACY).ifPresent(scoring -> {
            throw new InvalidInputException("--score " + scoring.text()
                    + " compares a model with its original, and there is one model. Maybe use compare.");
        });
    }

    /** How samples that are no arrays become inputs. */
    PreparationArguments preparation() {
        return preparation;
    }

    /**
     * Reads the samples, if any were given.
     *
     * @throws InvalidInputException if they cannot be read, or options ask for labels that are not there
     */
    void load(SampleReader reader) {
        requireConsistent();
        if (data == null) {
            return;
        }
        ArrayDataset read = reader.read(data);
        ArrayDataset all = labels == null ? read : read.withLabels(labels);
        if (scoring().filter(scoring -> scoring != Scoring.ACCURACY).isPresent()) {
            all = all.withoutLabels();
        } else if (!all.labelled() && (topK != null || scoring().isPresent())) {
            throw new InvalidInputException(
                    (topK != null ? "--top-k" : "--score accuracy") + " needs labels. Maybe add --labels.");
        }
        loaded = Optional.of(samples == null ? all : all.limit(samples));
    }

    /** The samples, if any were given. */
    Optional<ArrayDataset> dataset() {
        return loaded;
    }

    /** Tells what is suspicious about the data, and about calibration inputs beside it. */
    <M> void warn(OpenedModel<M> opened, Optional<ArrayDataset> calibration, Console console) {
        Optional<ArrayDataset> scored = loaded;
        if (scored.isEmpty() && calibration.isEmpty()) {
            return;
        }
        try (Predictor ready = opened.format().predictor(opened.model().model())) {
            List<String> notices = new ArrayList<>();
            scored.ifPresent(
                    samples -> notices.addAll(DataCheck.notices(ready, samples, Optional.ofNullable(outputName))));
            calibration.ifPresent(inputs -> notices.addAll(DataCheck.notices(ready, inputs, Optional.empty())));
            scored.ifPresent(samples ->
                    calibration.ifPresent(inputs -> notices.addAll(DataCheck.notices(ready, inputs, samples))));
            notices.forEach(notice -> console.progress().onEvent(new Notice(notice)));
        } catch (EngineLostException e) {
            throw e;
        } catch (WsvdException e) {
            // What cannot be run is refused where it is needed, after what is checked before.
        }
    }

    /** Accuracy where there are labels. */
    <M> AccuracyEvaluator<M> accuracy(OpenedModel<M> opened, ArrayDataset dataset) {
        AccuracyEvaluator<M> accuracy =
                AccuracyEvaluator.<M>of(opened.format()::predictor, dataset).topK(topK == null ? 1 : topK);
        return outputName == null ? accuracy.choosing(opened.model().model()) : accuracy.output(outputName);
    }

    /** Fidelity to that model. */
    <M> FidelityEvaluator<M> fidelity(OpenedModel<M> original, ArrayDataset dataset) {
        FidelityEvaluator<M> fidelity = FidelityEvaluator.of(
                original.format()::predictor, original.model().model(), dataset);
        if (outputName != null) {
            return fidelity.outputs(outputName);
        }
        List<String> all = fidelity.compared();
        return all.size() == 1 ? fidelity : fidelity.outputs(all.toArray(String[]::new));
    }

    /** Whether models are scored by what a search by their embeddings finds. */
    boolean scoresEmbeddings() {
        return scoring().equals(Optional.of(Scoring.EMBEDDING));
    }

    /** Nearness to that model's embeddings. */
    <M> EmbeddingEvaluator<M> embedding(OpenedModel<M> original, ArrayDataset dataset) {
        M model = original.model().model();
        EmbeddingEvaluator<M> embedding = EmbeddingEvaluator.of(original.format()::predictor, model, dataset);
        EmbeddingEvaluator<M> pooled = pooling().map(embedding::pooling).orElse(embedding);
        return outputName == null ? pooled.choosing(model) : pooled.output(outputName);
    }

    /** As asked; else accuracy where there are labels, fidelity to that model elsewhere. */
    <M> Evaluator<M> evaluator(OpenedModel<M> original, ArrayDataset dataset) {
        if (scoresEmbeddings()) {
            return embedding(original, dataset);
        }
        return dataset.labelled() ? accuracy(original, dataset) : fidelity(original, dataset);
    }

    private Optional<Scoring> scoring() {
        return Optional.ofNullable(score).map(Scoring::parse);
    }

    private Optional<Pooling> pooling() {
        return Optional.ofNullable(pooling).map(text -> switch (text) {
            case "mean" -> Pooling.MEAN;
            case "cls" -> Pooling.CLS;
            default -> throw new InvalidInputException("--pooling " + text + ": expected mean or cls.");
        });
    }
}
