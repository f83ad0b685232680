package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.CompressionStats.LayerStats;
import dev.wsvd.domain.CompressionStats.Provenance;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Properties;

/** Turns what a run did into {@link CompressionStats}. */
final class Account {
    private Account() {}

    static CompressionStats of(
            CostMetric metric,
            WeightSvdParameters.Mode mode,
            List<Layer> layers,
            RankPlan plan,
            Cost after,
            Optional<CompressionStats.Parameters> parameters,
            Map<LayerId, Double> errors,
            Map<LayerId, Double> outputErrors,
            Optional<CompressionStats.Score> score,
            int evaluations,
            Stopwatch stopwatch,
            ModelIdentity model,
            String backend) {
        List<LayerStats> perLayer = layers.stream()
                .map(layer -> {
                    RankDecision decision = plan.decision(layer.id());
                    return new LayerStats(
                            layer.id(),
                            decision,
                            CostModel.dense(layer),
                            CostModel.of(layer, decision),
                            known(errors.get(layer.id())),
                            known(outputErrors.get(layer.id())),
                            layer.path());
                })
                .toList();
        return new CompressionStats(
                metric,
                mode.target(),
                mode.id(),
                score,
                CostModel.of(layers),
                after,
                parameters,
                perLayer,
                evaluations,
                stopwatch.seconds(),
                provenance(model, backend));
    }

    private static OptionalDouble known(Double figure) {
        return figure == null ? OptionalDouble.empty() : OptionalDouble.of(figure);
    }

    private static Provenance provenance(ModelIdentity model, String backend) {
        return new Provenance(
                version(),
                backend,
                System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                0,
                model.sha256());
    }

    /** wsvd's version. */
    static String version() {
        try (InputStream in = Account.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new WsvdException("The wsvd-pipeline jar has no readable version.properties.", e);
        }
    }
}
