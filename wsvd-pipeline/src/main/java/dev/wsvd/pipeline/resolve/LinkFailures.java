package dev.wsvd.pipeline.resolve;

import dev.wsvd.domain.error.ProviderException;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Says whose jar is missing when a provider that was found cannot be linked while it is used. */
public final class LinkFailures {
    /** A provider of a kind, such as a model format. */
    private record Known(String kind, FoundProvider<?> found) {
        /** Whether code of that class belongs to this provider: by its package, or by the jar it came from. */
        boolean holds(String className) {
            return found.provider()
                    .filter(provider -> className.startsWith(provider.getClass().getPackageName() + ".")
                            || !className.startsWith("dev.wsvd.") && isIn(className, provider.getClass()))
                    .isPresent();
        }

        private boolean isIn(String className, Class<?> provider) {
            try {
                Class<?> type = Class.forName(className, false, provider.getClassLoader());
                CodeSource source = type.getProtectionDomain().getCodeSource();
                return source != null
                        && source.getLocation() != null
                        && source.getLocation().toString().equals(found.jar());
            } catch (ClassNotFoundException | LinkageError e) {
                return false;
            }
        }
    }

    private LinkFailures() {}

    /**
     * Does some work.
     *
     * @throws ProviderException if a class or a method that a provider needs is not there
     */
    public static <T> T explained(Supplier<T> work) {
        try {
            return work.get();
        } catch (LinkageError e) {
            throw explain(e).<RuntimeException>map(explained -> explained).orElseThrow(() -> e);
        }
    }

    /** The failure in a sentence that names the provider, if one had to do with it. */
    public static Optional<ProviderException> explain(LinkageError failure) {
        List<Known> known = Stream.of(
                        Resolver.formats().list().stream().map(found -> new Known("model format", found)),
                        Resolver.backends().list().stream().map(found -> new Known("backend", found)),
                        Resolver.tokenizers().list().stream().map(found -> new Known("tokenizer", found)))
                .flatMap(kind -> kind)
                .toList();
        return Arrays.stream(failure.getStackTrace())
                .map(StackTraceElement::getClassName)
                .flatMap(className -> known.stream().filter(provider -> provider.holds(className)))
                .findFirst()
                .map(provider -> of(provider.kind(), provider.found().id(), failure));
    }

    /** The failure of a provider in a sentence. */
    public static ProviderException of(String kind, String id, LinkageError failure) {
        String missing = String.valueOf(failure.getMessage());
        boolean isClass = failure instanceof NoClassDefFoundError && missing.matches("[\\w/$]+");
        return new ProviderException(
                "The " + kind + " '" + id + "' "
                        + (isClass
                                ? "misses a jar: there is no class " + missing.replace('/', '.')
                                        + ". Maybe add the jar that holds it to the classpath."
                                : "cannot be linked: " + failure.getClass().getSimpleName() + ": " + missing
                                        + ". Maybe a jar is missing on the classpath, or there in another version."),
                failure);
    }
}
