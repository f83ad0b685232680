package dev.wsvd.adapter.onnx.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.internal.engine.RunProfile.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Profiles as ONNX Runtime writes them, in µs. */
class RunProfileTest {
    @TempDir
    Path folder;

    @Test
    void eachNodeHasTheTimeUntilTheNextOneBegins() throws IOException {
        List<RunProfile> runs = read(
                event("Session", "model_loading_array", 0, 90),
                event("Session", "model_run", 100, 50),
                event("Node", "a_kernel_time", 103, 5),
                event("Node", "b_kernel_time", 110, 20),
                event("Node", "c_kernel_time", 131, 9));

        assertThat(runs)
                .containsExactly(
                        new RunProfile(List.of(new Part("a", 10_000), new Part("b", 21_000), new Part("c", 19_000))));
        assertThat(runs.get(0).parts().stream().mapToLong(Part::ns).sum()).isEqualTo(50_000);
    }

    /** Events are written when they end: what is in a body before what it is in. */
    @Test
    void aNodeWithABodyHasTheTimeBeforeIt() throws IOException {
        assertThat(read(
                        event("Node", "inner_kernel_time", 120, 10),
                        event("Node", "if_kernel_time", 110, 30),
                        event("Node", "first_kernel_time", 100, 5),
                        event("Node", "last_kernel_time", 145, 5),
                        event("Session", "model_run", 100, 60)))
                .containsExactly(new RunProfile(List.of(
                        new Part("first", 10_000),
                        new Part("if", 10_000),
                        new Part("inner", 25_000),
                        new Part("last", 15_000))));
    }

    @Test
    void runsAreInTheirOrderAndHaveTheirOwnNodes() throws IOException {
        assertThat(read(
                        event("Session", "model_run", 300, 10),
                        event("Node", "a_kernel_time", 302, 5),
                        event("Node", "a_kernel_time", 105, 5),
                        event("Session", "model_run", 200, 20),
                        event("Session", "model_run", 100, 30)))
                .containsExactly(
                        new RunProfile(List.of(new Part("a", 30_000))),
                        new RunProfile(List.of()),
                        new RunProfile(List.of(new Part("a", 10_000))));
    }

    @Test
    void whatIsNoNodeOfARunIsLeftOut() throws IOException {
        assertThat(read(
                        event("Node", "before_kernel_time", 99, 500),
                        event("Session", "model_run", 100, 50),
                        event("Node", "a_fence_before", 101, 1),
                        event("Node", "a_kernel_time", 105, 5),
                        event("Node", "a_fence_after", 115, 1),
                        event("Session", "b_kernel_time", 120, 1),
                        event("Node", "after_kernel_time", 151, 5)))
                .containsExactly(new RunProfile(List.of(new Part("a", 50_000))));
    }

    @Test
    void otherFieldsAreSkippedAndNamesAreTaken() throws IOException {
        String node = "{\"args\": {\"name\": \"x\", \"ts\": 7, \"list\": [{\"dur\": 1}]}, \"dur\": 5, \"ts\": 105,"
                + " \"ph\": \"X\", \"name\": \"a \\\"1\\\"_kernel_time_kernel_time\","
                + " \"cat\": \"Node\", \"pid\": 1}";

        assertThat(read(node, event("Session", "model_run", 100, 50)))
                .containsExactly(new RunProfile(List.of(new Part("a \"1\"_kernel_time", 50_000))));
    }

    @Test
    void withoutRunsThereAreNone() throws IOException {
        assertThat(read(event("Node", "a_kernel_time", 105, 5))).isEmpty();
        assertThat(read()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[",
                "[{\"cat\": \"Session\", \"name\": \"model_run\", \"ts\": 1, \"dur\": 2}",
                "[{\"cat\": \"Session\", \"name\": \"model_run\", \"ts\": 1, \"dur\": 2},",
                "[{\"cat\": \"Session\", \"name\": \"model_r",
                "[{\"cat\": \"Session\", \"name\": \"model_run\", \"ts\":",
                "[{\"cat\": \"Session\" \"name\": \"model_run\"}]",
                "[{\"cat\": \"Session\", \"name\": \"model_run\", \"ts\": \"soon\", \"dur\": 2}]",
                "profile"
            })
    void whatIsNoProfileCannotBeRead(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("profile.json"), text);

        assertThatThrownBy(() -> RunProfile.read(file)).isInstanceOf(IOException.class);
    }

    @Test
    void whatIsNotThereCannotBeRead() {
        assertThatThrownBy(() -> RunProfile.read(folder.resolve("none.json"))).isInstanceOf(IOException.class);
    }

    private List<RunProfile> read(String... events) throws IOException {
        return RunProfile.read(
                Files.writeString(folder.resolve("profile.json"), "[\n" + String.join(",\n", events) + "\n]\n"));
    }

    private static String event(String category, String name, long start, long duration) {
        return "{\"cat\" : \"" + category + "\",\"pid\" :1,\"tid\" :2,\"dur\" :" + duration + ",\"ts\" :" + start
                + ",\"ph\" : \"X\",\"name\" :\"" + name + "\",\"args\" : {\"op_name\" : \"Conv\"}}";
    }
}
