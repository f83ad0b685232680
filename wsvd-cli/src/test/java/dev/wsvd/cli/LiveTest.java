package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.json.JsonScores;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that are watched while they go on. */
class LiveTest {
    @TempDir
    Path folder;

    private final HttpClient browser = HttpClient.newHttpClient();

    @Test
    void thePageOfARunIsToldScoresAndStopsItAsCtrlCDoes() throws Exception {
        Path scores = folder.resolve("scores.json");
        Path small = folder.resolve("small.onnx");
        Process process =
                started(Demo.compress(small, "--target", "0.5", "--samples", 300, "--scores", scores, "--live"));
        try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
            String first = err.readLine();
            assertThat(first).matches("Live page: http://127\\.0\\.0\\.1:\\d+/[0-9a-f]{32}/");
            URI page = URI.create(first.substring(first.indexOf("http")));
            try (Stream<String> told = browser.send(
                            HttpRequest.newBuilder(page.resolve("events")).build(), BodyHandlers.ofLines())
                    .body()) {
                assertThat(told.anyMatch(line -> line.contains("\"score\": 0.") && line.contains("\"rank\": ")))
                        .as("a candidate with its score")
                        .isTrue();
            }
            browser.send(
                    HttpRequest.newBuilder(page.resolve("stop"))
                            .POST(BodyPublishers.noBody())
                            .build(),
                    BodyHandlers.discarding());
            err.lines().forEach(line -> assertThat(line).doesNotStartWith("wsvd:"));
        }

        assertThat(process.waitFor()).isEqualTo(130);
        var kept = JsonScores.at(scores).load().orElseThrow().table().entries();
        assertThat(kept).isNotEmpty();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(scores);
        }

        Call resumed = Call.of(Demo.compress(small, "--target", "0.5", "--samples", 300, "--scores", scores));

        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        var all = JsonScores.at(scores).load().orElseThrow().table().entries();
        assertThat(all).containsAllEntriesOf(kept).hasSizeGreaterThan(kept.size());
        assertThat(resumed.out()).contains("\n" + (all.size() - kept.size() + 1) + " evaluations; ");
    }

    @Test
    void watchPrintsTheScoresOfAFile() throws Exception {
        Path scores = folder.resolve("scores.json");
        Files.writeString(
                scores,
                "{\"format\": \"wsvd-scores\", \"version\": 1, \"baseline\": 0.9061, \"layers\": {\"conv2\": "
                        + "[{\"unfolding\": \"input-channel\", \"ratio\": 0.1, \"rank\": 3, \"score\": 0.7123}]},"
                        + "\"plans\": [{\"quick\": true, \"layers\": {}, \"score\": 0.9061}, {\"quick\": true, \"layers\":"
                        + " {\"conv2\": {\"unfolding\": \"input-channel\", \"rank\": 3}, \"fc\": {\"unfolding\": \"input-channel\","
                        + " \"rank\": 4}}, \"score\": 0.65}]}");
        Process process = started("watch", scores);
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(List.of(out.readLine(), out.readLine(), out.readLine()))
                    .containsExactly(
                            "original scores 0.9061",
                            "conv2, input-channel rank 3 scores 0.7123",
                            "network with 2 layers changed scores 0.6500");
        } finally {
            process.destroy();
        }
    }

    @Test
    void aPortThatCannotBeHadIsToldBeforeTheRun() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            int port = taken.getLocalPort();
            Call.assertRefused(
                    2,
                    "wsvd: The page cannot be served at port " + port
                            + ": Address already in use. Maybe give another port, or none to take one that is free.",
                    "compress",
                    "--live",
                    port,
                    Demo.MODEL,
                    "--dry-run",
                    "--layer",
                    "fc1=0.5");
        }
        Call.assertRefused(
                2,
                "wsvd: --live takes a port of 0 to 65535, found 70000.",
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--layer",
                "fc1=0.5",
                "--live",
                70000);
    }

    @Test
    void aModelMayFollowTheOption() {
        Call call = Call.of("compress", "--live", Demo.MODEL, "--dry-run", "--layer", "fc1=0.5");

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(call.err()).startsWith("Live page: http://127.0.0.1:");
    }

    /** The option is saved and read as others are, and what is typed takes precedence. */
    @Test
    void theOptionIsPartOfAConfig() throws IOException {
        Path config = folder.resolve("run.json");
        Call saved = Call.of(
                "compress", Demo.MODEL, "--live", "--dry-run", "--layer", "fc1=0.5", "--save-config", config, "-q");
        assertThat(saved.exitCode()).as(saved.err()).isZero();
        assertThat(saved.err()).matches("Live page: \\S+\\R");
        String text = Files.readString(config);
        assertThat(text).contains("\"live\": 0");
        Files.writeString(config, text.replace("\"live\": 0", "\"live\": 70000"));

        Call.assertRefused(2, "wsvd: --live takes a port of 0 to 65535, found 70000.", "compress", "--config", config);
        assertThat(Call.of("compress", "--config", config, "--live").exitCode()).isZero();
    }

    @Test
    void whatIsNoPortIsRefused() {
        Call call = Call.of("compress", "--live=abc", Demo.MODEL, "--dry-run", "--layer", "fc1=0.5");

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.err()).startsWith("wsvd: ").contains("--live", "'abc'");
    }

    @Test
    void watchHasNoEndAndSoNoDocument() {
        Call.assertRefused(
                2,
                "wsvd: watch goes on until it is stopped, and takes neither --json nor --save-config."
                        + " Maybe read 'scores.json' itself: it is JSON.",
                "watch",
                "scores.json",
                "--json");
    }

    private static Process started(Object... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WsvdCommand.class.getName()));
        Arrays.stream(words).map(Object::toString).forEach(command::add);
        return new ProcessBuilder(command).start();
    }
}
