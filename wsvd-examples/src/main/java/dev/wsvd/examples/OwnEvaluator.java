package dev.wsvd.examples;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.json.JsonScores;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;

/**
 * Scores models in a way of its own, and keeps the scores so that a second run goes on where the first stopped. Arguments:
 * model, images, output, scores.
 */
public final class OwnEvaluator {
    private OwnEvaluator() {}

    public static void main(String[] args) {
        var onnx = new OnnxFormat();
        var model = onnx.open(Path.of(args[0]), OpenOptions.DEFAULT);
        var data = ArrayDataset.load(Path.of(args[1])).limit(100);

        // The largest logit of the first image: how sure the model is of itself.
        Evaluator<OnnxModel> confidence = (candidate, iterations) -> {
            try (var predictor = onnx.predictor(candidate)) {
                var logits = predictor.run(data.sample(predictor)).get("logits");
                double largest = Double.NEGATIVE_INFINITY;
                for (int i = 0; i < logits.elements(); i++) {
                    largest = Math.max(largest, logits.getDouble(i));
                }
                return Evaluation.of(largest);
            }
        };

        var result = ModelCompressor.of(model)
                .parameters(CompressionParameters.greedy(0.7).ignoring("stem.*", "fc2"))
                .evaluator(confidence, Evaluator.ALL)
                .scores(JsonScores.at(Path.of(args[3])))
                .listener(event -> System.err.println(event))
                .compress();

        result.model().save(Path.of(args[2]));
        System.out.println(result.stats().effort().evaluations() + " evaluations");
    }
}
