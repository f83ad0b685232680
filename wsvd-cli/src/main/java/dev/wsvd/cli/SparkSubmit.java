package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The same command once more, started by {@code spark-submit} with the jar that holds all but Spark. */
final class SparkSubmit {
    private static final String JAR = "WSVD_SPARK_JAR";
    /** The process that called {@code spark-submit}. */
    private static final String SUBMITTER = "WSVD_SUBMITTER";
    /** Spark's exit code where an executor's, or the driver's, memory did not do. */
    private static final int OUT_OF_MEMORY = 52;

    private static final long MEBIBYTE = 1L << 20;
    private static final String SUBMIT = File.separatorChar == '\\' ? "spark-submit.cmd" : "spark-submit";

    private final Map<String, String> environment;

    SparkSubmit(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Runs a command line, with this process's streams.
     *
     * @param words after {@code wsvd}
     * @return its exit code
     * @throws InvalidInputException if there is no such master, no {@code spark-submit}, or no jar for it
     * @throws WsvdException if no master answers, or memory was short
     */
    int run(String url, List<String> words) {
        SparkMaster master = new SparkMaster(url);
        master.requireKnown(environment);
        List<String> command = command(url, words);
        master.requireAnswer();
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        Map<String, String> given = builder.environment();
        given.put(SUBMITTER, String.valueOf(ProcessHandle.current().pid()));
        given.merge("SPARK_SUBMIT_OPTS", properties(), (theirs, more) -> theirs + " " + more);
        try {
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
            return exitCode(process.waitFor());
        } catch (IOException e) {
            throw new WsvdException("'" + command.get(0) + "' cannot be started: " + e.getMessage() + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WsvdException("The command was interrupted.", e);
        }
    }

    private static int exitCode(int ofSpark) {
        if (ofSpark == OUT_OF_MEMORY) {
            throw new WsvdException(
                    "Spark's driver ran out of memory. Maybe give it more, for instance with WSVD_OPTS=-Xmx8g.");
        }
        return ofSpark;
    }

    /** Also what it has started where it stays beside it, as on Windows. */
    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }

    /** Has this process, which {@code spark-submit} started, end when the one ends that called it, however that does. */
    static void endWithSubmitter(Map<String, String> environment) {
        Optional.ofNullable(environment.get(SUBMITTER))
                .map(Long::valueOf)
                .ifPresent(submitter -> ProcessHandle.of(submitter)
                        .map(ProcessHandle::onExit)
                        .orElseGet(() -> CompletableFuture.completedFuture(null))
                        .thenRun(() -> System.exit(1)));
    }

    List<String> command(String master, List<String> words) {
        List<String> command = new ArrayList<>(List.of(
                submit().toString(),
                "--master",
                master,
                // The files are here.
                "--deploy-mode",
                "client",
                "--name",
                "wsvd",
                // As much as this process may take.
                "--driver-memory",
                Runtime.getRuntime().maxMemory() / MEBIBYTE + "m",
                // Progress is on standard error too.
                "--conf",
                "spark.log.level=" + environment.getOrDefault("WSVD_SPARK_LOG", "ERROR")));
        String more = moreJars();
        if (!more.isEmpty()) {
            command.addAll(List.of("--jars", more));
        }
        command.addAll(List.of("--class", "dev.wsvd.cli.WsvdCommand", jar().toString()));
        command.addAll(words);
        return command;
    }

    /** What wsvd is told by properties of the JVM, as Spark's launcher takes options apart. */
    static String properties() {
        return System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("wsvd."))
                .sorted()
                .map(name -> "-D" + name + "=" + System.getProperty(name))
                .map(option -> '"' + option.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(" "));
    }

    /** Backends and formats besides those of the command. */
    private String moreJars() {
        return Stream.of(environment.getOrDefault("WSVD_CLASSPATH", "").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .collect(Collectors.joining(","));
    }

    private Path submit() {
        Optional<Path> home = Optional.ofNullable(environment.get("SPARK_HOME")).map(folder -> Path.of(folder, "bin"));
        Stream<Path> path = Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(Path::of);
        return Stream.concat(home.stream(), home.isPresent() ? Stream.empty() : path)
                .map(folder -> folder.resolve(SUBMIT))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(
                        "--spark needs " + SUBMIT + " of Apache Spark 4, and there is none in "
                                + home.map(bin -> "'" + bin + "'").orElse("PATH")
                                + ". Maybe set SPARK_HOME to Spark's folder."));
    }

    /** That which is named, or the one beside this command's own: in the folder of a release, or in a build. */
    private Path jar() {
        String named = environment.get(JAR);
        if (named != null) {
            if (!Files.isRegularFile(Path.of(named))) {
                throw new InvalidInputException(JAR + " names '" + named + "', which is no file.");
            }
            return Path.of(named);
        }
        return own().stream()
                .flatMap(folder -> Stream.of(folder, folder.resolve("../../wsvd-spark/target")))
                .flatMap(SparkSubmit::jars)
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(
                        "--spark needs the jar wsvd-spark-…-all.jar, and it is not beside the command. Maybe build it (mvn -pl"
                                + " wsvd-spark -am package -DskipTests), or set " + JAR + " to where it is."));
    }

    private static Optional<Path> own() {
        CodeSource source = WsvdCommand.class.getProtectionDomain().getCodeSource();
        try {
            return source == null
                    ? Optional.empty()
                    : Optional.of(Path.of(source.getLocation().toURI())
                            .toAbsolutePath()
                            .getParent());
        } catch (URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Stream<Path> jars(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files
                    .filter(file -> file.getFileName().toString().matches("wsvd-spark-.*-all\\.jar"))
                    .sorted(Comparator.reverseOrder())
                    .toList()
                    .stream();
        } catch (IOException e) {
            return Stream.empty();
        }
    }
}
