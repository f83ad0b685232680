package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.LatencyTable.Conditions;
import dev.wsvd.domain.cost.LatencyTable.Entry;
import dev.wsvd.domain.cost.LatencyTable.Point;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Times are read as they were written, and nothing else is. */
class JsonTimingsTest {
    private static final String WRITTEN = """
            {
              "format": "wsvd-timings",
              "version": 1,
              "conditions": { "engine": "ONNX Runtime 1.26.0", "machine": "Test × 2", "threads": 1, "batch": 16, \
            "inputs": "x [16, 3]", "modelSha256": "ab12" },
              "layers": [
                {
                  "name": "conv2",
                  "ns": 52000,
                  "curves": {
                    "conv 1x1 + conv 3x3": [
                      { "macs": 1000, "ns": 9000 },
                      { "macs": 4000, "ns": 21000 }
                    ],
                    "conv 3x3": [
                      { "macs": 8000, "ns": 50000 }
                    ]
                  }
                },
                {
                  "name": "fc \\"1\\"",
                  "ns": 7,
                  "curves": {}
                }
              ]
            }
            """;

    private static final Conditions CONDITIONS =
            new Conditions("ONNX Runtime 1.26.0", "Test × 2", 1, 16, "x [16, 3]", "ab12");

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("timings.json");
    }

    @Test
    void theFileIsAsDesigned() throws IOException {
        JsonTimings.at(file).save(full());

        assertThat(Files.readString(file)).isEqualTo(WRITTEN);
    }

    @Test
    void whatWasSavedIsLoadedInOrder() {
        JsonTimings store = JsonTimings.at(file);
        store.save(full());
        LatencyTable loaded = store.load().orElseThrow();

        assertThat(loaded).isEqualTo(full());
        assertThat(loaded.layers().keySet())
                .containsExactlyElementsOf(full().layers().keySet());
        LatencyTable none = new LatencyTable(CONDITIONS, Map.of());
        store.save(none);
        assertThat(store.load()).contains(none);
    }

    /** What has no MACs is timed too, and a clock may not tell what is fast. */
    @Test
    void nothingIsAnAmount() {
        LatencyTable table = new LatencyTable(
                CONDITIONS,
                Map.of(
                        new LayerId("table"),
                        new Entry(0, Map.of("embedding", List.of(new Point(0, 0), new Point(Long.MAX_VALUE, 3))))));
        JsonTimings.at(file).save(table);

        assertThat(JsonTimings.at(file).load()).contains(table);
    }

    @Test
    void aFileThatDoesNotExistIsEmpty() {
        assertThat(JsonTimings.at(file).load()).isEmpty();
        assertThat(JsonTimings.at(folder.resolve("none/none.json")).load()).isEmpty();
    }

    @Test
    void whatIsNoJsonIsRefused() {
        refused(
                changed("\"ns\": 52000,", "\"ns\": 52000"),
                "line 9, column 7: not valid JSON: unexpected \"\\\"\". Maybe a comma, a quote or a bracket before it"
                        + " is missing or too many.");
        refused(
                WRITTEN.substring(0, WRITTEN.indexOf(" },\n          { \"macs\": 4000")),
                "line 11, column 37: the JSON text ends too early. Maybe the file was cut off.");
    }

    @Test
    void anotherKindOrVersionIsRefused() {
        refused(
                changed("wsvd-timings", "wsvd-scores"),
                "line 2, column 13: field 'format' must be \"wsvd-timings\", found \"wsvd-scores\". Maybe the file was"
                        + " given in the place of another.");
        refused(
                changed("\"version\": 1", "\"version\": 2"),
                "line 3, column 14: field 'version' must be 1, found 2. Maybe a newer wsvd wrote the file.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "version": 1,            | line 1, column 1: field 'version' is missing.
            "machine": "Test × 2",   | line 4, column 17: field 'conditions.machine' is missing.
            "threads": 1,            | line 4, column 17: field 'conditions.threads' is missing.
            "batch": 16,             | line 4, column 17: field 'conditions.batch' is missing.
            , "modelSha256": "ab12"  | line 4, column 17: field 'conditions.modelSha256' is missing.
            "name": "conv2",         | line 6, column 5: field 'layers[0].name' is missing.
            "ns": 52000,             | line 6, column 5: field 'layers[0].ns' is missing.
            "macs": 1000,            | line 11, column 11: field 'layers[0].curves.conv 1x1 + conv 3x3[0].macs' is missing.
            , "ns": 21000            | line 12, column 11: field 'layers[0].curves.conv 1x1 + conv 3x3[1].ns' is missing.
            """)
    void aMissingFieldIsNamed(String gone, String message) {
        refused(changed(gone, ""), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "threads": 1  | "threads": 0     | line 4, column 86: field 'conditions.threads' must be a whole number of at least 1, found 0.
            "batch": 16   | "batch": 1.5     | line 4, column 98: field 'conditions.batch' must be a whole number of at least 1, found 1.5.
            "Test × 2"    | " "              | line 4, column 63: field 'conditions.machine' must be a text that is not blank, found " ".
            "ab12"        | 12               | line 4, column 140: field 'conditions.modelSha256' must be a text that is not blank, found 12.
            "conv2"       | null             | line 7, column 15: field 'layers[0].name' must be a text that is not blank, found null.
            52000         | -1               | line 8, column 13: field 'layers[0].ns' must be a whole number of at least 0, found -1.
            52000         | null             | line 8, column 13: field 'layers[0].ns' must be a whole number of at least 0, found null.
            52000         | 9223372036854775808 | line 8, column 13: field 'layers[0].ns' must be a whole number of at most 9223372036854775807, found 9223372036854775808.
            8000          | -8000            | line 15, column 21: field 'layers[0].curves.conv 3x3[0].macs' must be a whole number of at least 0, found -8000.
            8000          | "8000"           | line 15, column 21: field 'layers[0].curves.conv 3x3[0].macs' must be a whole number of at least 0, found "8000".
            50000         | 5e4              | line 15, column 33: field 'layers[0].curves.conv 3x3[0].ns' must be a whole number of at least 0, found 5e4.
            50000         | true             | line 15, column 33: field 'layers[0].curves.conv 3x3[0].ns' must be a whole number of at least 0, found true.
            50000 }       | 50000 }, null    | line 15, column 42: field 'layers[0].curves.conv 3x3[1]' must be an object, found null.
            {}            | []               | line 22, column 17: field 'layers[1].curves' must be an object, found a list.
            {}            | { "conv": null } | line 22, column 27: field 'layers[1].curves.conv' must be a list, found null.
            {}            | { "conv": 3 }    | line 22, column 27: field 'layers[1].curves.conv' must be a list, found 3.
            """)
    void whatIsNoAmountOrNameIsRefused(String was, String is, String message) {
        refused(changed(was, is), message);
    }

    @Test
    void whatIsNotThereIsNoPart() {
        refused(
                changed("\"layers\": [", "\"layers\": [ null,"),
                "line 5, column 15: field 'layers[0]' must be an object, found null.");
        refused(changed(",\n      \"curves\": {}", ""), "line 19, column 5: field 'layers[1].curves' is missing.");
        String start = "{\"format\": \"wsvd-timings\", \"version\": 1, ";
        refused(start + "\"layers\": []}", "line 1, column 1: field 'conditions' is missing.");
        refused(
                start + "\"conditions\": null, \"layers\": []}",
                "line 1, column 56: field 'conditions' must be an object, found null.");
        String conditions = WRITTEN.lines().toList().get(3);
        refused(start + "\n" + conditions.replaceAll(",$", "}"), "line 1, column 1: field 'layers' is missing.");
        refused(
                start + "\n" + conditions + "\"layers\": null}",
                "line 2, column 159: field 'layers' must be a list, found null.");
    }

    @Test
    void anUnknownFieldIsNamedWithANearOne() {
        refused(
                changed("\"batch\": 16", "\"batch\": 16, \"batches\": 1"),
                "line 4, column 113: field 'conditions.batches' is unknown; allowed: engine, machine, threads, batch,"
                        + " inputs, modelSha256. Maybe 'batch' was meant.");
        refused(
                changed("\"ns\": 50000", "\"ns\": 50000, \"us\": 50"),
                "line 15, column 46: field 'layers[0].curves.conv 3x3[0].us' is unknown; allowed: macs, ns."
                        + " Maybe 'ns' was meant.");
    }

    @ParameterizedTest
    @ValueSource(longs = {999, 1000})
    void pointsThatDoNotRiseAreRefused(long macs) {
        refused(
                changed("4000", String.valueOf(macs)),
                "line 12, column 21: field 'layers[0].curves.conv 1x1 + conv 3x3[1].macs' must be above those of the"
                        + " point before, found " + macs + ".");
    }

    @Test
    void aLayerIsNamedOnce() {
        refused(
                changed("fc \\\"1\\\"", "conv2"),
                "line 20, column 15: field 'layers[1].name' names layer 'conv2' a second time.");
        refused(
                changed("\"conv 3x3\"", "\"conv 1x1 + conv 3x3\""),
                "line 14, column 9: field 'layers[0].curves.conv 1x1 + conv 3x3' is there twice.");
    }

    private static String changed(String was, String is) {
        assertThat(WRITTEN).containsOnlyOnce(was);
        return WRITTEN.replace(was, is);
    }

    private void refused(String text, String message) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThatThrownBy(() -> JsonTimings.at(file).load())
                .isExactlyInstanceOf(InvalidInputException.class)
                .hasMessage(file + ", " + message);
    }

    private static LatencyTable full() {
        Map<String, List<Point>> curves = new LinkedHashMap<>();
        curves.put("conv 1x1 + conv 3x3", List.of(new Point(1000, 9000), new Point(4000, 21000)));
        curves.put("conv 3x3", List.of(new Point(8000, 50000)));
        Map<LayerId, Entry> layers = new LinkedHashMap<>();
        layers.put(new LayerId("conv2"), new Entry(52000, curves));
        layers.put(new LayerId("fc \"1\""), new Entry(7, Map.of()));
        return new LatencyTable(CONDITIONS, layers);
    }
}
