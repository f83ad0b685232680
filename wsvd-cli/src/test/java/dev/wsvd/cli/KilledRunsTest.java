package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.json.JsonScores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs with two workers that are killed at random points, and go on from the scores that are kept: sixty times in all.
 * {@code -Dwsvd.killed.seed} repeats the draws of a failure.
 */
@Tag("slow")
class KilledRunsTest {
    private static final int WORKERS = 2;
    private static final int KILLS = 20;
    /** Of the demo's images one in so many. */
    private static final int PART = 10;

    @TempDir
    Path folder;

    @BeforeEach
    void fewImages() throws IOException {
        try (ZipFile images = new ZipFile(Demo.IMAGES.toFile())) {
            Files.write(
                    folder.resolve("images.npy"),
                    part(images.getInputStream(images.stream().findFirst().orElseThrow())
                            .readAllBytes()));
        }
        Files.write(folder.resolve("labels.npy"), part(Files.readAllBytes(Demo.LABELS)));
    }

    @ParameterizedTest
    @CsvSource({"greedy, '--target 0.5'", "tar, '--target 0.5'", "budget, '--max-drop 0.02'"})
    void nothingIsLostButWhatWorkersWereAt(String mode, String options) throws Exception {
        List<String> undisturbed = words(mode, options, "whole");
        assertThat(Call.of(undisturbed.toArray()).exitCode()).isZero();
        long seed = Long.getLong("wsvd.killed.seed", new Random().nextLong());
        Random random = new Random(seed);
        List<String> words = words(mode, options, "killed");
        Path scores = folder.resolve("killed.json");
        for (int kills = 0; kills < KILLS; ) {
            int before = kept(scores);
            Killed killed = killed(words, 1 + random.nextInt(3), random.nextInt(300));
            int after = kept(scores);
            assertThat(after - before)
                    .as("kept of %d that were told, seed %d", killed.told(), seed)
                    .isBetween(killed.told(), killed.told() + WORKERS);
            if (killed.done()) {
                // There was nothing left to stop.
                assertEqualFiles(seed);
                Files.delete(scores);
            } else {
                kills++;
            }
        }
        assertThat(Call.of(words.toArray()).exitCode()).as("seed %d", seed).isZero();
        assertEqualFiles(seed);
    }

    private void assertEqualFiles(long seed) {
        assertThat(folder.resolve("killed.json"))
                .as("scores, seed %d", seed)
                .hasSameTextualContentAs(folder.resolve("whole.json"));
        assertThat(folder.resolve("killed-plan.json"))
                .as("plan, seed %d", seed)
                .hasSameTextualContentAs(folder.resolve("whole-plan.json"));
        assertThat(folder.resolve("killed.onnx"))
                .as("model, seed %d", seed)
                .hasSameBinaryContentAs(folder.resolve("whole.onnx"));
    }

    private List<String> words(String mode, String options, String name) {
        List<String> words = new ArrayList<>(List.of("compress", Demo.MODEL.toString()));
        words.addAll(List.of("--data", folder.resolve("images.npy").toString()));
        words.addAll(List.of("--labels", folder.resolve("labels.npy").toString()));
        words.addAll(List.of("--select", mode, "--workers", String.valueOf(WORKERS), "--no-never-slower"));
        words.addAll(Arrays.asList(options.split(" ")));
        words.addAll(List.of("--scores", folder.resolve(name + ".json").toString()));
        words.addAll(List.of("--save-plan", folder.resolve(name + "-plan.json").toString()));
        words.addAll(List.of("-o", folder.resolve(name + ".onnx").toString()));
        return words;
    }

    /** Evaluations in a file that must be whole; that of the original counts once. */
    private static int kept(Path scores) {
        Optional<ScoreRecord> saved = JsonScores.at(scores).load();
        return saved.map(record ->
                        record.table().entries().size() + record.plans().size())
                .orElse(0);
    }

    /**
     * A process that was killed.
     *
     * @param told evaluations, but for that of the compressed model
     * @param done whether it had ended before
     */
    private record Killed(int told, boolean done) {}

    /**
     * Kills a run some time after it has told of some evaluations. By the clock, as how far workers are in an evaluation or
     * a write cannot be counted from outside; what is asserted holds wherever that is.
     */
    private static Killed killed(List<String> words, int evaluations, int millis)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                WsvdCommand.class.getName()));
        command.addAll(words);
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        int told = 0;
        boolean done = false;
        try (BufferedReader err =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = err.readLine(); line != null; line = err.readLine()) {
                if (line.matches("\\d+ %.*: .* scores \\d\\.\\d+") && !line.contains("compressed model")) {
                    told++;
                    if (told == evaluations) {
                        done = process.waitFor(millis, TimeUnit.MILLISECONDS);
                        // Not by the process itself, which would close what it has told.
                        process.toHandle().destroyForcibly();
                    }
                }
            }
        } finally {
            process.destroyForcibly();
            process.waitFor();
        }
        return new Killed(told, done || process.exitValue() == 0);
    }

    /** The first part of an array of samples: its file's header says how many there are. */
    private static byte[] part(byte[] npy) {
        int header = 10 + (npy[8] & 0xff) + ((npy[9] & 0xff) << 8);
        String text = new String(npy, 0, header, StandardCharsets.ISO_8859_1);
        assertThat(text).contains("(2000,");
        byte[] part = Arrays.copyOf(npy, header + (npy.length - header) / PART);
        byte[] changed = text.replace("(2000,", "( 200,").getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(changed, 0, part, 0, header);
        return part;
    }
}
