package dev.wsvd.cli;

import dev.wsvd.json.JsonProviders;
import dev.wsvd.json.JsonProviders.Provider;
import dev.wsvd.pipeline.resolve.FoundProvider;
import dev.wsvd.pipeline.resolve.Resolver;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.report.Table;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** Lists what is found on the classpath. */
@Command(
        name = "providers",
        description =
                "List the backends, model formats and tokenizers on the classpath, available or not, and the schemes and"
                        + " metrics.",
        footerHeading = "%nExamples:%n",
        footer = {"  ${ROOT-COMMAND-NAME} providers", "  ${ROOT-COMMAND-NAME} providers --json"})
final class ProvidersCommand implements Runnable {
    private final Console console;

    ProvidersCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        List<Provider> providers = Stream.of(
                        found("backend", Resolver.backends().list()),
                        found("format", Resolver.formats().list()),
                        found("tokenizer", Resolver.tokenizers().list()))
                .flatMap(all -> all)
                .toList();
        console.out().print(table(providers));
        console.out().println();
        console.out().print(schemes());
        console.out().println();
        console.out().print(metrics());
        console.json(() -> JsonProviders.toJson(
                providers,
                Services.schemes().all().stream()
                        .map(scheme -> new JsonProviders.Scheme(scheme.id(), scheme.forms()))
                        .toList(),
                Services.metrics().stream()
                        .map(metric -> new JsonProviders.Metric(metric.id(), metric.unit()))
                        .toList()));
    }

    private static Stream<Provider> found(String kind, List<? extends FoundProvider<?>> providers) {
        return providers.stream()
                .map(found -> new Provider(kind, found.id(), found.version(), found.priority(), found.unavailable()));
    }

    private static Table table(List<Provider> providers) {
        Table table = new Table("kind", "id", "version", ">priority", "state");
        providers.forEach(provider -> table.row(
                provider.kind(),
                provider.id(),
                provider.version(),
                String.valueOf(provider.priority()),
                provider.unavailable().map(reason -> "unavailable: " + reason).orElse("available")));
        return table;
    }

    private static Table schemes() {
        Table table = new Table("scheme", "unfoldings");
        Services.schemes().all().forEach(scheme -> table.row(scheme.id(), String.join(", ", scheme.forms())));
        return table;
    }

    private static Table metrics() {
        Table table = new Table("metric", "counts");
        Services.metrics().forEach(metric -> table.row(metric.id(), metric.unit()));
        return table;
    }
}
