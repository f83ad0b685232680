package dev.wsvd.pipeline.resolve;

import dev.wsvd.domain.spi.Provider;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything of one kind that some class loaders know. A provider that throws or cannot link is kept with its reason: it is
 * never fatal while another can serve.
 */
final class ProviderSearch {
    /** A broken service file could make the loader fail for ever; no honest classpath has this many failures. */
    private static final int MOST_FAILURES = 100;

    private static final Pattern CLASS_IN_MESSAGE = Pattern.compile("Provider (\\S+)");

    private ProviderSearch() {}

    static <P extends Provider<?>> List<FoundProvider<P>> search(Class<P> service, Collection<ClassLoader> loaders) {
        List<FoundProvider<P>> found = new ArrayList<>();
        Set<Class<?>> seen = new HashSet<>();
        Set<String> failures = new HashSet<>();
        for (ClassLoader loader : loaders) {
            Iterator<ServiceLoader.Provider<P>> entries =
                    ServiceLoader.load(service, loader).stream().iterator();
            for (int failed = 0; failed < MOST_FAILURES; ) {
                try {
                    if (!entries.hasNext()) {
                        break;
                    }
                    ServiceLoader.Provider<P> entry = entries.next();
                    if (seen.add(entry.type())) {
                        found.add(inspect(entry));
                    }
                } catch (ServiceConfigurationError | LinkageError e) {
                    failed++;
                    FoundProvider<P> broken = broken(nameIn(e), "unknown", e);
                    if (failures.add(broken.toString())) {
                        found.add(broken);
                    }
                }
            }
        }
        return found;
    }

    private static <P extends Provider<?>> FoundProvider<P> inspect(ServiceLoader.Provider<P> entry) {
        String jar = jarOf(entry.type());
        try {
            P provider = entry.get();
            return new FoundProvider<>(
                    provider.id(),
                    provider.version(),
                    provider.priority(),
                    provider.unavailable(),
                    jar,
                    Optional.of(provider));
        } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
            return broken(entry.type().getName(), jar, e);
        }
    }

    private static <P extends Provider<?>> FoundProvider<P> broken(String name, String jar, Throwable failure) {
        return new FoundProvider<>(name, "", 0, Optional.of(reason(failure)), jar, Optional.empty());
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof ServiceConfigurationError && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = Objects.requireNonNullElse(cause.getMessage(), "no message");
        return cause instanceof ServiceConfigurationError
                ? message
                : cause.getClass().getSimpleName() + ": " + message;
    }

    private static String nameIn(Throwable failure) {
        Matcher name = CLASS_IN_MESSAGE.matcher(Objects.requireNonNullElse(failure.getMessage(), ""));
        return name.find() ? name.group(1) : "a provider that could not be loaded";
    }

    private static String jarOf(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null
                ? "unknown"
                : source.getLocation().toString();
    }
}
