package dev.wsvd.adapter.onnx.internal.isolate;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.MessageLite;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How the engine's process is started. */
final class ChildCommand {
    private static final boolean WINDOWS = File.separatorChar == '\\';

    /** What a JVM needs to find its libraries and read file names; secrets stay here. Windows says {@code Path}. */
    private static final Set<String> ENVIRONMENT =
            Set.of("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot");

    /** Signals are for the parent, with which this process ends. No core dumps, and small stacks for ONNX Runtime's threads. */
    private static final String PREPARE = "trap '' HUP INT QUIT TERM; ulimit -c 0; ulimit -S -s 2048;";

    /** Linux counts all memory that a process may write to, in kB; other systems do not. */
    private static final String LIMIT = " ulimit -d $0 &&";

    private static final String HEAP = "-Xmx64m";

    private ChildCommand() {}

    static ProcessBuilder of(Isolation limits, Path folder) {
        List<String> command = new ArrayList<>();
        if (!WINDOWS) {
            boolean limited = System.getProperty("os.name").equals("Linux");
            command.addAll(List.of(
                    "/bin/sh", "-c", PREPARE + (limited ? LIMIT : "") + " exec \"$@\"", kilobytes(limits.memory())));
        }
        command.add(java().toString());
        command.addAll(List.of(
                "-Xrs",
                "-XX:ActiveProcessorCount=" + Runtime.getRuntime().availableProcessors(),
                HEAP,
                "-XX:MaxDirectMemorySize=" + limits.memory() / 4 * 3,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:+SuppressFatalErrorMessage",
                "-XX:+DisplayVMOutputToStderr",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + folder));
        command.addAll(nativeProperties());
        command.addAll(List.of(
                "-cp", classPath(), EngineServer.class.getName(), folder.toString(), String.valueOf(limits.memory())));
        ProcessBuilder process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(ChildFolder.errors(folder).toFile());
        process.environment().keySet().removeIf(name -> ENVIRONMENT.stream().noneMatch(name::equalsIgnoreCase));
        return process;
    }

    private static String kilobytes(long bytes) {
        return String.valueOf(bytes / 1024);
    }

    private static Path java() {
        Path java = Path.of(System.getProperty("java.home"), "bin", WINDOWS ? "java.exe" : "java");
        if (!Files.isExecutable(java)) {
            throw new InvalidInputException(
                    "Models cannot be isolated here: there is no '" + java + "' to start a process with.");
        }
        return java;
    }

    /** Where ONNX Runtime's natives are, if that was said to this process. */
    private static List<String> nativeProperties() {
        return System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("onnxruntime.native."))
                .map(name -> "-D" + name + "=" + System.getProperty(name))
                .toList();
    }

    /** Jar files and folders of the few classes that the process needs. */
    private static String classPath() {
        return Stream.of(EngineServer.class, Tensor.class, OrtSession.class, OnnxMl.class, MessageLite.class)
                .map(ChildCommand::origin)
                .distinct()
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Path origin(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        String place = source == null ? "nowhere" : String.valueOf(source.getLocation());
        try {
            if (source != null) {
                return Path.of(source.getLocation().toURI()).toRealPath();
            }
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException | IOException e) {
            throw notAFile(type, place, e);
        }
        throw notAFile(type, place, null);
    }

    private static InvalidInputException notAFile(Class<?> type, String place, Exception cause) {
        return new InvalidInputException(
                "Models cannot be isolated here: class " + type.getName() + " comes from '" + place
                        + "', not from a jar file or folder that another process could use. Maybe unpack the"
                        + " application.",
                cause);
    }
}
