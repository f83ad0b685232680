package dev.wsvd.pipeline.resolve;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ProviderException;
import dev.wsvd.domain.spi.Cluster;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.CostModel;
import dev.wsvd.domain.spi.Schemes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compression schemes and cost models on the classpath: all of a kind are used. */
public final class Services {
    private Services() {}

    /**
     * Every compression scheme, in the order in which they are found.
     *
     * @throws ProviderException if one cannot be loaded
     */
    public static Schemes schemes() {
        return new Schemes(all(CompressionScheme.class, "compression scheme"));
    }

    /**
     * Every cost model, in the order in which they are found.
     *
     * @throws ProviderException if one cannot be loaded
     */
    public static List<CostModel> costModels() {
        return all(CostModel.class, "cost model");
    }

    /**
     * The metric of an id.
     *
     * @throws InvalidInputException if no cost model counts it, and it is not {@link Metric#LATENCY}, which is measured
     */
    public static Metric metric(String id) {
        List<Metric> known = metrics();
        return known.stream()
                .filter(metric -> metric.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("Unknown cost metric '" + id + "'; allowed: "
                        + known.stream().map(Metric::id).collect(Collectors.joining(", ")) + "."));
    }

    /**
     * Every metric: those of the cost models and {@link Metric#LATENCY}.
     *
     * @throws ProviderException if a cost model cannot be loaded
     */
    public static List<Metric> metrics() {
        return Stream.concat(costModels().stream().map(CostModel::metric), Stream.of(Metric.LATENCY))
                .distinct()
                .toList();
    }

    /** The cluster that this process was started on, if it was. */
    public static Optional<Cluster> cluster() {
        return all(Cluster.class, "cluster").stream().filter(Cluster::isHere).findFirst();
    }

    private static <S> List<S> all(Class<S> service, String kind) {
        List<S> found = new ArrayList<>();
        Set<Class<?>> seen = new HashSet<>();
        try {
            for (ClassLoader loader : Resolver.defaultLoaders()) {
                ServiceLoader.load(service, loader).stream()
                        .filter(entry -> seen.add(entry.type()))
                        .forEach(entry -> found.add(entry.get()));
            }
        } catch (ServiceConfigurationError | LinkageError e) {
            throw new ProviderException("A " + kind + " on the classpath cannot be loaded: " + e.getMessage() + ".", e);
        }
        return List.copyOf(found);
    }
}
