package dev.wsvd.cli;

import dev.wsvd.pipeline.resolve.FoundProvider;
import dev.wsvd.pipeline.resolve.Resolver;
import dev.wsvd.report.Table;
import java.util.List;
import picocli.CommandLine.Command;

/** Lists backends and model formats. */
@Command(
        name = "providers",
        description = "List the backends and model formats on the classpath, available or not.",
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
        console.out().print(table);
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
