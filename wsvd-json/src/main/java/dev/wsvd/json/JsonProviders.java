package dev.wsvd.json;

import java.util.List;
import java.util.Optional;

/** What {@code providers --json} prints: what is found on the classpath, and what it offers. */
public final class JsonProviders {
    /**
     * A backend, a model format or a tokenizer.
     *
     * @param kind {@code backend}, {@code format} or {@code tokenizer}
     * @param unavailable why it cannot work here, if so
     */
    public record Provider(String kind, String id, String version, int priority, Optional<String> unavailable) {}

    /** A way to compress layers, and its forms. */
    public record Scheme(String id, List<String> unfoldings) {}

    /** What costs are counted in. */
    public record Metric(String id, String unit) {}

    private JsonProviders() {}

    /** The text of a list of them, in the order given. */
    public static String toJson(List<Provider> providers, List<Scheme> schemes, List<Metric> metrics) {
        return JsonText.of(new Content(
                JsonFormat.PROVIDERS.id(),
                JsonFormat.VERSION,
                providers.stream().map(ProviderContent::of).toList(),
                schemes,
                metrics));
    }

    record Content(
            String format,
            Integer version,
            List<ProviderContent> providers,
            List<Scheme> schemes,
            List<Metric> metrics) {}

    record ProviderContent(
            String kind, String id, String version, int priority, boolean available, String unavailable) {
        static ProviderContent of(Provider found) {
            return new ProviderContent(
                    found.kind(),
                    found.id(),
                    found.version(),
                    found.priority(),
                    found.unavailable().isEmpty(),
                    found.unavailable().orElse(null));
        }
    }
}
