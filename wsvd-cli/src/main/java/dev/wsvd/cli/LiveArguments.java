package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.report.LivePage;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** A page that shows a run while it goes on. */
final class LiveArguments {
    private static final int HIGHEST = 65_535;
    private static final String ANY = "0";

    @Option(
            names = "--live",
            paramLabel = "PORT",
            arity = "0..1",
            preprocessor = Port.class,
            description =
                    "Show the run on a page while it goes on, for browsers of this machine: scores as they are made, the time"
                            + " left, a button to stop, at last the report. The address is printed on standard error (default"
                            + " port: any that is free).")
    private Integer port;

    boolean given() {
        return port != null;
    }

    /**
     * Serves the page, if it is asked for, and says where.
     *
     * @throws InvalidInputException if the port cannot be had
     */
    Optional<LivePage> open(Console console) {
        if (!given()) {
            return Optional.empty();
        }
        if (port < 0 || port > HIGHEST) {
            throw new InvalidInputException("--live takes a port of 0 to " + HIGHEST + ", found " + port + ".");
        }
        LivePage page = LivePage.open(port);
        console.err().println("Live page: " + page.address());
        return Optional.of(page);
    }

    /** The next word is the port only if it is a number, so that a model may follow; what stands behind = is in any case. */
    static final class Port implements IParameterPreprocessor {
        @Override
        public boolean preprocess(Stack<String> args, CommandSpec command, ArgSpec option, Map<String, Object> how) {
            boolean attached = "=".equals(how.get("separator"));
            if (!attached && (args.isEmpty() || !args.peek().matches("\\d+"))) {
                args.push(ANY);
            }
            return false;
        }
    }
}
