package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedFilesTest {
    private static final int PIECE = 1000;

    private static JavaSparkContext spark;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        spark = new JavaSparkContext(new SparkConf().setMaster("local[2]").setAppName("wsvd"));
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    @Test
    void executorsHaveTheFilesByTheirNamesAndOnce() throws Exception {
        byte[] large = new byte[3 * PIECE + 7];
        new Random(1).nextBytes(large);
        Path model = Files.write(dir.resolve("a"), large);
        Path empty = Files.createFile(dir.resolve("b"));
        Path folder = Files.createDirectories(dir.resolve("c").resolve("inside"));
        SharedFiles files = SharedFiles.of(
                spark, Map.of("model.onnx", model, "data/none.npy", empty, "data/class", folder.getParent()), PIECE);

        List<String> folders = spark.parallelize(List.of(1, 2, 3, 4), 4)
                .map(task -> files.folder().toString())
                .collect();

        assertThat(files.bytes()).isEqualTo(large.length);
        assertThat(folders).containsOnly(folders.get(0));
        assertThat(Path.of(folders.get(0)).resolve("model.onnx")).hasBinaryContent(large);
        assertThat(Path.of(folders.get(0)).resolve("data/none.npy")).isEmptyFile();
        assertThat(Path.of(folders.get(0)).resolve("data/class")).isEmptyDirectory();
    }

    @Test
    void theFolderGoesWhenTheLastThatUsesItHasLeft() throws Exception {
        SharedFiles files = SharedFiles.of(spark, Map.of("a/b", Files.write(dir.resolve("b"), new byte[1])));
        List<AutoCloseable> users = new ArrayList<>();
        Path folder = files.folder(users::add);
        assertThat(files.folder(users::add)).isEqualTo(folder);

        users.get(0).close();
        assertThat(folder.resolve("a/b")).exists();
        users.get(1).close();
        assertThat(folder).doesNotExist();

        Path again = files.folder(users::add);
        assertThat(again.resolve("a/b")).exists();
        users.get(2).close();
    }

    @Test
    void aNameOutsideOfTheFolderIsRefused() {
        assertThatThrownBy(() -> SharedFiles.of(spark, Map.of("../model.onnx", dir)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A file on executors needs a name within a folder, found '../model.onnx'.");
    }
}
