package dev.wsvd.spark;

import dev.wsvd.cli.WsvdCommand;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command {@code wsvd} in a process of its own, with a {@code spark-submit} that has this process's class path. */
final class WsvdProcess {
    private static final Pattern JOB =
            Pattern.compile("\"Event\":\"SparkListenerJobStart\".*\"spark\\.job\\.description\":\"(wsvd: [^\"]*)\"");

    private final Path dir;
    private final Path home;
    private final Path jar;
    private final Path events;
    private final Path out;
    private final Path err;

    private WsvdProcess(Path dir) {
        this.dir = dir;
        this.home = dir.resolve("spark");
        this.jar = dir.resolve("wsvd-spark-0-all.jar");
        this.events = dir.resolve("events");
        this.out = dir.resolve("out.txt");
        this.err = dir.resolve("err.txt");
    }

    /** How a command ended. */
    record Run(int exitCode, String out, String err) {}

    /** With a folder of Spark in that one, which logs what Spark does. */
    static WsvdProcess in(Path dir) throws IOException {
        WsvdProcess process = new WsvdProcess(dir);
        // What Spark's own script does once it has found Java and the class path.
        Path submit = Files.createDirectories(process.home.resolve("bin")).resolve("spark-submit");
        Files.writeString(
                submit,
                "#!/bin/sh\nexec '" + java() + "' -cp '" + classPath() + "' " + opens()
                        + " org.apache.spark.deploy.SparkSubmit \"$@\"\n");
        Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(process.events);
        Files.writeString(
                Files.createDirectories(process.home.resolve("conf")).resolve("spark-defaults.conf"),
                "spark.eventLog.enabled true\nspark.eventLog.compress false\nspark.eventLog.dir "
                        + process.events.toUri() + "\n");
        // The classes are on the class path, so that the jar need not have them.
        new JarOutputStream(Files.newOutputStream(process.jar)).close();
        return process;
    }

    Run run(List<String> words) throws IOException, InterruptedException {
        return run(home, words);
    }

    /** With another folder of Spark. */
    Run run(Path spark, List<String> words) throws IOException, InterruptedException {
        int exitCode = start(spark, words).waitFor();
        return new Run(
                exitCode, Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
    }

    /** Does not wait for its end. */
    Process start(List<String> words) throws IOException {
        return start(home, words);
    }

    private Process start(Path spark, List<String> words) throws IOException {
        List<String> command = new ArrayList<>(List.of(java(), "-cp", classPath(), WsvdCommand.class.getName()));
        command.addAll(words);
        ProcessBuilder process =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        process.environment().put("SPARK_HOME", spark.toString());
        process.environment().remove("SPARK_CONF_DIR");
        process.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        process.environment().put("WSVD_SPARK_JAR", jar.toString());
        return process.start();
    }

    /** What executors were given to do, as people are told, from Spark's log of events. */
    List<String> jobs() throws IOException {
        List<String> jobs = new ArrayList<>();
        try (Stream<Path> logs = Files.walk(events)) {
            for (Path log : logs.filter(Files::isRegularFile).toList()) {
                JOB.matcher(Files.readString(log))
                        .results()
                        .map(found -> found.group(1))
                        .forEach(jobs::add);
            }
        }
        return jobs;
    }

    /** What Spark's launcher opens of the JDK, as for this process. */
    private static String opens() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-opens"))
                .collect(Collectors.joining(" "));
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** That of this process. */
    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
