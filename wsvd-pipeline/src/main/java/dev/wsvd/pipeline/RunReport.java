package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.CompressionStats.Provenance;
import dev.wsvd.domain.stats.CumulativeEnergy;
import dev.wsvd.domain.stats.LayerDetails;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Properties;

/** Turns what a run did into {@link CompressionStats}. */
record RunReport(
        Run<?> run,
        CompressionStats.Goal goal,
        Plan plan,
        ScoreRecord scored,
        Considered considered,
        Map<LayerId, CumulativeEnergy> spectra) {
    /** Of a plan that was not applied. */
    CompressionStats ofPlan(Cost after, Optional<TimeReport> times) {
        return of(after, Optional.empty(), Map.of(), Map.of(), Optional.empty(), times, List.of());
    }

    /**
     * Of a compressed model.
     *
     * @param errors predicted relative errors
     * @param outputErrors measured ones
     * @param times measured
     * @param int8 layers that compute in int8
     */
    CompressionStats of(
            Cost after,
            Optional<CompressionStats.Parameters> parameters,
            Map<LayerId, Double> errors,
            Map<LayerId, Double> outputErrors,
            Optional<Evaluation> compressed,
            Optional<TimeReport> times,
            List<LayerId> int8) {
        Costs costs = run.costs();
        Map<LayerId, Cost> costsAfter = costs.byLayer(run.places(), plan);
        List<LayerStats> perLayer = run.places().stream()
                .map(place -> {
                    Layer layer = place.layer();
                    Decision decision = plan.decision(layer.id());
                    return new LayerStats(
                            layer.id(),
                            decision,
                            decision instanceof Decision.Change change
                                    ? run.schemes().size(place, change.choice())
                                    : "",
                            costs.of(layer),
                            costsAfter.get(layer.id()),
                            known(errors.get(layer.id())),
                            known(outputErrors.get(layer.id())),
                            layer.path(),
                            times.map(measured -> measured.layers().get(layer.id()))
                                    .map(ns -> ns.withPredicted(
                                            costsAfter.get(layer.id()).of(Metric.LATENCY))),
                            Optional.of(details(layer, decision)));
                })
                .toList();
        return new CompressionStats(
                goal,
                run.scoring().report(scored, compressed),
                costs.of(run.layers()),
                after,
                parameters,
                perLayer,
                new CompressionStats.Effort(
                        run.scoring().evaluations(), run.progress().seconds(), considered.trials()),
                provenance(),
                times.map(TimeReport::whole),
                int8);
    }

    private LayerDetails details(Layer layer, Decision decision) {
        return LayerDetails.of(
                layer,
                considered.candidates(run, layer.id(), decision, goal.metric(), scored.table()),
                Optional.ofNullable(spectra.get(layer.id())));
    }

    private static OptionalDouble known(Double figure) {
        return figure == null ? OptionalDouble.empty() : OptionalDouble.of(figure);
    }

    private Provenance provenance() {
        return new Provenance(
                version(),
                run.backend().description(),
                System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                0,
                run.model().identity().sha256(),
                new CompressionStats.Sources(
                        Optional.of(run.model().identity().name()),
                        run.calibrated().identity(),
                        scored.evaluator(),
                        Optional.empty()));
    }

    /** wsvd's version. */
    static String version() {
        try (InputStream in = RunReport.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new WsvdException("The wsvd-pipeline jar has no readable version.properties.", e);
        }
    }
}
