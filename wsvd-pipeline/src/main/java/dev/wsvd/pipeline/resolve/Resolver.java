package dev.wsvd.pipeline.resolve;

import dev.wsvd.domain.error.ProviderException;
import dev.wsvd.domain.spi.LinearAlgebraProvider;
import dev.wsvd.domain.spi.ModelFormatProvider;
import dev.wsvd.domain.spi.Provider;
import dev.wsvd.domain.spi.TokenizerProvider;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Chooses one provider of a kind.
 *
 * <table>
 * <caption>what is chosen</caption>
 * <tr><th>found</th><th>what happens</th></tr>
 * <tr><td>none</td><td>error naming the artifacts to add, the class loaders searched, and what was present but
 *     unavailable</td></tr>
 * <tr><td>one</td><td>used</td></tr>
 * <tr><td>several</td><td>the one asked for by id or by system property; else the highest priority, logged by name; equal
 *     priority is an error</td></tr>
 * <tr><td>unknown id</td><td>error listing the ids there are</td></tr>
 * <tr><td>same id twice</td><td>error naming both jars</td></tr>
 * </table>
 *
 * @param <P> the kind of provider
 */
public final class Resolver<P extends Provider<?>> {
    private static final System.Logger LOG = System.getLogger("dev.wsvd");

    private final Class<P> service;
    private final String kind;
    private final String property;
    private final List<String> artifacts;
    private final List<ClassLoader> loaders;

    private Resolver(
            Class<P> service, String kind, String property, List<String> artifacts, List<ClassLoader> loaders) {
        this.service = service;
        this.kind = kind;
        this.property = property;
        this.artifacts = artifacts;
        this.loaders = loaders;
    }

    /** Backends: linear algebra; {@code -Dwsvd.backend=id} asks for one. */
    public static Resolver<LinearAlgebraProvider> backends() {
        return new Resolver<>(
                LinearAlgebraProvider.class,
                "backend",
                "wsvd.backend",
                List.of("dev.wsvd:wsvd-backend-ejml", "dev.wsvd:wsvd-backend-openblas", "dev.wsvd:wsvd-backend-nd4j"),
                defaultLoaders());
    }

    /** Model formats; {@code -Dwsvd.format=id} asks for one. */
    public static Resolver<ModelFormatProvider> formats() {
        return new Resolver<>(
                ModelFormatProvider.class,
                "model format",
                "wsvd.format",
                List.of("dev.wsvd:wsvd-adapter-onnx"),
                defaultLoaders());
    }

    /** Tokenizers; {@code -Dwsvd.tokenizer=id} asks for one. */
    public static Resolver<TokenizerProvider> tokenizers() {
        return new Resolver<>(
                TokenizerProvider.class,
                "tokenizer",
                "wsvd.tokenizer",
                List.of("dev.wsvd:wsvd-text"),
                defaultLoaders());
    }

    /** This resolver searching these class loaders instead of the thread's and wsvd's own. */
    public Resolver<P> searching(ClassLoader... classLoaders) {
        return new Resolver<>(service, kind, property, artifacts, List.of(classLoaders));
    }

    /** Everything found, available or not, highest priority first. */
    public List<FoundProvider<P>> list() {
        return ProviderSearch.search(service, loaders).stream()
                .sorted(Comparator.comparing((FoundProvider<P> p) -> p.available() ? 0 : 1)
                        .thenComparing(FoundProvider::priority, Comparator.reverseOrder())
                        .thenComparing(FoundProvider::id))
                .toList();
    }

    /**
     * The provider to use.
     *
     * @param askedFor an id, or empty to leave it to the system property and the priorities
     * @throws ProviderException if there is none, or no single best one
     */
    public P resolve(Optional<String> askedFor) {
        List<FoundProvider<P>> all = list();
        refuseSameIdTwice(all);
        Optional<String> wanted = askedFor.or(() -> Optional.ofNullable(System.getProperty(property)));
        return wanted.map(id -> byId(id, all)).orElseGet(() -> best(all));
    }

    /**
     * Every provider that can serve, highest priority first.
     *
     * @throws ProviderException if there is none
     */
    public List<P> resolveAll() {
        List<FoundProvider<P>> all = list();
        refuseSameIdTwice(all);
        List<P> available = all.stream()
                .filter(FoundProvider::available)
                .flatMap(p -> p.provider().stream())
                .toList();
        if (available.isEmpty()) {
            throw nothingFound(all);
        }
        return available;
    }

    private P byId(String id, List<FoundProvider<P>> all) {
        FoundProvider<P> match = all.stream()
                .filter(p -> p.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new ProviderException("There is no " + kind + " '" + id + "'. Known: "
                        + (all.isEmpty() ? "none" : ids(all)) + ". Maybe add its artifact to the classpath."));
        if (!match.available()) {
            throw new ProviderException("The " + kind + " '" + id + "' is unavailable: "
                    + match.unavailable().orElseThrow() + ".");
        }
        return match.provider().orElseThrow();
    }

    private P best(List<FoundProvider<P>> all) {
        List<FoundProvider<P>> available =
                all.stream().filter(FoundProvider::available).toList();
        if (available.isEmpty()) {
            throw nothingFound(all);
        }
        FoundProvider<P> best = available.get(0);
        if (available.size() > 1) {
            List<FoundProvider<P>> rivals = available.stream()
                    .filter(p -> p.priority() == best.priority())
                    .toList();
            if (rivals.size() > 1) {
                throw new ProviderException("Several " + kind + "s have priority " + best.priority() + ": "
                        + ids(rivals) + ". Choose one by id, for instance with -D" + property + "="
                        + best.id() + ".");
            }
            LOG.log(
                    System.Logger.Level.INFO,
                    "Using the {0} {1} {2}, the highest priority of {3}.",
                    kind,
                    best.id(),
                    best.version(),
                    ids(available));
        }
        return best.provider().orElseThrow();
    }

    private void refuseSameIdTwice(List<FoundProvider<P>> all) {
        for (FoundProvider<P> first : all) {
            for (FoundProvider<P> second : all) {
                if (first != second
                        && first.provider().isPresent()
                        && second.provider().isPresent()
                        && first.id().equals(second.id())) {
                    throw new ProviderException("The " + kind + " id '" + first.id() + "' is provided twice: by "
                            + first.jar() + " and by " + second.jar() + ". Remove one of them from the classpath.");
                }
            }
        }
    }

    private ProviderException nothingFound(List<FoundProvider<P>> unavailable) {
        StringBuilder message = new StringBuilder("No ")
                .append(kind)
                .append(" can be used. Add ")
                .append(String.join(" or ", artifacts))
                .append(" to the classpath. Class loaders searched: ")
                .append(loaders.stream().map(Resolver::name).collect(Collectors.joining(", ")))
                .append('.');
        if (!unavailable.isEmpty()) {
            message.append(" Present but unavailable: ")
                    .append(unavailable.stream()
                            .map(p -> p.id() + " (" + p.unavailable().orElseThrow() + ")")
                            .collect(Collectors.joining("; ")))
                    .append('.');
        }
        return new ProviderException(message.toString());
    }

    private static String ids(List<? extends FoundProvider<?>> providers) {
        return providers.stream().map(FoundProvider::id).collect(Collectors.joining(", "));
    }

    private static String name(ClassLoader loader) {
        return Objects.requireNonNullElseGet(
                loader.getName(), () -> loader.getClass().getSimpleName());
    }

    static List<ClassLoader> defaultLoaders() {
        return Stream.concat(
                        Arrays.stream(new ClassLoader[] {Thread.currentThread().getContextClassLoader()})
                                .filter(Objects::nonNull),
                        Stream.of(Resolver.class.getClassLoader()))
                .distinct()
                .toList();
    }
}
