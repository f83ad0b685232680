package dev.wsvd.cli;

import dev.wsvd.pipeline.resolve.FoundProvider;
import dev.wsvd.pipeline.resolve.Resolver;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.report.Table;
import java.util.List;
import picocli.CommandLine.Command;

/** Lists what is found on the classpath. */
@Command(
        name = "providers",
        description =
                "List the backends, model formats and tokenizers on the classpath, available or not, and the schemes and"
                        + " metrics.",
        footerHeading = "%nExample:%n",
        footer = "  ${ROOT-COMMAND-NAME} providers")
final class ProvidersCommand implements Runnable {
    private final Console console;

    ProvidersCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        Table table = new Table("kind", "id", "version", ">priority", "state");
        add(table, "backend", Resolver.backends().list());
        add(table, "format", Resolver.formats().list());
        add(table, "tokenizer", Resolver.tokenizers().list());
        console.out().print(table);
        console.out().println();
        console.out().print(schemes());
        console.out().println();
        console.out().print(metrics());
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

    private static void add(Table table, String kind, List<? extends FoundProvider<?>> providers) {
        for (FoundProvider<?> provider : providers) {
            table.row(
                    kind,
                    provider.id(),
                    provider.version(),
                    String.valueOf(provider.priority()),
                    provider.unavailable()
                            .map(reason -> "unavailable: " + reason)
                            .orElse("available"));
        }
    }
}
