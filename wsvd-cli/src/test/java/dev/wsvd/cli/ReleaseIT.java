package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The release as somebody takes it: unpacked, and used from an empty folder. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "starts bin/wsvd, a shell script")
class ReleaseIT {
    @TempDir
    static Path anywhere;

    private static Path home;

    @TempDir
    Path empty;

    @BeforeAll
    static void unpack() throws IOException {
        Path folder = Files.createDirectory(anywhere.resolve("a folder with spaces"));
        Path zip = Path.of(System.getProperty("wsvd.release"));
        try (FileSystem inside = FileSystems.newFileSystem(zip, Map.of("enablePosixFileAttributes", "true"));
                Stream<Path> entries = Files.walk(inside.getPath("/"))) {
            for (Path entry : entries.filter(Files::isRegularFile).toList()) {
                Path file = folder.resolve(entry.toString().substring(1));
                Files.createDirectories(file.getParent());
                Files.copy(entry, file);
                Files.setPosixFilePermissions(file, Files.getPosixFilePermissions(entry));
            }
        }
        try (Stream<Path> top = Files.list(folder)) {
            home = top.toList().get(0);
        }
    }

    @Test
    void theDemoRunsFromAnEmptyFolder() throws Exception {
        Ended demo = run(List.of(home.resolve("bin/wsvd").toString(), "demo"));

        assertThat(demo.exitCode()).as(demo.output()).isZero();
        assertThat(empty.resolve("wsvd-demo/small.onnx")).isNotEmptyFile();
        assertThat(demo.output()).contains(home.resolve("bin/wsvd") + " demo --target 0.25");
    }

    @Test
    void itRunsThroughALinkAndFromThePath() throws Exception {
        Path link = Files.createSymbolicLink(empty.resolve("wsvd"), home.resolve("bin/wsvd"));
        Ended linked = run(List.of(link.toString(), "--version"));
        Ended found = run(List.of("sh", "-c", "PATH=" + quoted(home.resolve("bin")) + ":$PATH; wsvd inspect --help"));

        assertThat(linked.output()).startsWith("wsvd ");
        assertThat(linked.exitCode()).isZero();
        assertThat(found.output()).startsWith("Usage: wsvd inspect ");
    }

    @Test
    void oneJarRunsToo() throws Exception {
        Ended version = run(List.of(java(), "-jar", System.getProperty("wsvd.all"), "--version"));

        assertThat(version.exitCode()).isZero();
        assertThat(version.output())
                .isEqualTo(run(List.of(home.resolve("bin/wsvd").toString(), "--version"))
                        .output());
    }

    @Test
    void withoutJavaItSaysSo() throws Exception {
        Path tools = Files.createDirectory(empty.resolve("tools"));
        for (String tool : List.of("dirname", "sh")) {
            Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin", tool));
        }
        ProcessBuilder process =
                new ProcessBuilder("/bin/sh", home.resolve("bin/wsvd").toString(), "--version");
        process.environment().put("PATH", tools.toString());
        process.environment().remove("JAVA_HOME");
        Ended ended = ended(process);

        assertThat(ended.output()).startsWith("wsvd: There is no java. Maybe install a JDK 17 or newer");
        assertThat(ended.exitCode()).isEqualTo(1);
    }

    @Test
    void theShellCompletesCommandsAndOptions() throws Exception {
        Path script = home.resolve("share/bash-completion/completions/wsvd");

        assertThat(completed(script, "wsvd", "comp")).containsExactlyInAnyOrder("compress", "compare");
        assertThat(completed(script, "wsvd", "compress", "--max-d")).containsExactly("--max-drop");
    }

    private List<String> completed(Path script, String... words) throws Exception {
        StringBuilder shell = new StringBuilder("compopt() { :; }; source " + quoted(script) + "; COMP_WORDS=(");
        for (String word : words) {
            shell.append(word).append(' ');
        }
        shell.append("); COMP_CWORD=").append(words.length - 1);
        shell.append("; $(complete -p wsvd | sed 's/.*-F \\([^ ]*\\) .*/\\1/'); printf '%s\\n' \"${COMPREPLY[@]}\"");
        Ended ended = run(List.of("bash", "-c", shell.toString()));
        return ended.output().lines().map(String::strip).toList();
    }

    @Test
    void everyCommandHasAManPageWithItsOptions() throws IOException {
        CommandLine root = new CommandLine(WsvdCommand.class, new CommandsWithConsole());

        for (Map.Entry<String, CommandLine> command : root.getSubcommands().entrySet()) {
            String page = Files.readString(home.resolve("share/man/man1/wsvd-" + command.getKey() + ".1"))
                    .replace("\\", "")
                    .replace("[no-]", "");
            List<String> options = new ArrayList<>();
            command.getValue().getCommandSpec().options().stream()
                    .filter(option -> !option.hidden())
                    .forEach(option -> options.add(option.longestName()));
            assertThat(options)
                    .isNotEmpty()
                    .allSatisfy(option -> assertThat(page).contains(option));
            assertThat(page).as("mark-up that was read as text").doesNotContain("=_", "\\fI]");
        }
        assertThat(home.resolve("share/man/man1/wsvd.1")).isNotEmptyFile();
    }

    @Test
    void whatCmdReadsHasItsLineEnds() throws IOException {
        for (String script : List.of("wsvd.cmd", "launch.cmd")) {
            assertThat(Files.readString(home.resolve("bin").resolve(script)))
                    .doesNotContainPattern("[^\r]\n")
                    .contains("\r\n");
        }
    }

    @Test
    void theLicenceOfEveryLibraryIsThere() throws IOException {
        String licences = Files.readString(home.resolve("licenses/THIRD-PARTY.txt"));

        try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
            assertThat(jars.map(jar -> jar.getFileName().toString()).filter(name -> !name.startsWith("wsvd-")))
                    .hasSizeGreaterThan(10)
                    .allSatisfy(jar -> {
                        String artifact = jar.replaceFirst("-([0-9].*)\\.jar$", ":$1");
                        assertThat(licences).contains(":" + artifact + " ");
                    });
        }
        assertThat(licences).doesNotContain("Unknown license").doesNotContain("dev.wsvd:");
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String quoted(Path path) {
        return "'" + path + "'";
    }

    private Ended run(List<String> command) throws Exception {
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return ended(process);
    }

    private Ended ended(ProcessBuilder process) throws Exception {
        Process started =
                process.directory(empty.toFile()).redirectErrorStream(true).start();
        started.getOutputStream().close();
        String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(started.waitFor(), output);
    }

    private record Ended(int exitCode, String output) {}
}
