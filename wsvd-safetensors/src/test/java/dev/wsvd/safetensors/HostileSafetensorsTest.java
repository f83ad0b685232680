package dev.wsvd.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that contradict themselves are refused in one sentence, before memory is taken for what they say. */
class HostileSafetensorsTest {
    @TempDir
    private Path folder;

    static ByteBuffer withLength(byte[] header) {
        return ByteBuffer.allocate(8 + header.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .flip();
    }

    private Path file(String header, int data) throws IOException {
        byte[] begin = withLength(header.getBytes(StandardCharsets.UTF_8)).array();
        return Files.write(folder.resolve("x.safetensors"), Arrays.copyOf(begin, begin.length + data));
    }

    private static void assertRefused(Path file, String why) {
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("'" + file + "' is not a whole safetensors file: " + why + ".");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 5 | its tensors have 4 bytes, and 5 bytes are there",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 3 | its tensors have 4 bytes, and 3 bytes are there",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | 'a' begins at byte 4, where byte 0 of the tensors' comes next",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4"
                        + " | 'b' begins at byte 0, where byte 4 of the tensors' comes next",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 4 | 'a' of shape [2] and dtype F32 does not have 4 bytes",
                "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,4]}} | 4"
                        + " | 'a' has a shape of too many elements, [4294967296, 4294967296]",
                "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | 4 | 'shape' of 'a' holds -1",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}} | 4 | 'a' has data_offsets [4, 0], not a begin and an end",
                "{'a':{'dtype':'F31','shape':[1],'data_offsets':[0,4]}} | 4 | 'a' has the dtype 'F31', which is unknown",
                "{'a':{'dtype':'F32','shape':[1]}} | 4 | 'a' lacks its dtype, shape or data_offsets",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':1}} | 4 | 'a' has a field 'x', which is unknown",
                "{'a':7} | 0 | 'a' is no object",
                "{'__metadata__':{'n':7}} | 0 | 'n' of '__metadata__' is no text",
                "[] | 0 | the header is no object",
                "{}{} | 0 | its header goes on behind its end",
            })
    void contradictionsAreRefused(String header, int data, String why) throws IOException {
        assertRefused(file(header.replace('\'', '"'), data), why);
    }

    @Test
    void twoTensorsOfOneNameAreRefused() throws IOException {
        String tensor = "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
        assertRefused(file("{" + tensor + "," + tensor + "}", 0), "its header is broken: Duplicate field 'a'");
    }

    @Test
    void aHeaderLongerThanTheFileOrTheLimitIsRefused() throws IOException {
        Path file = folder.resolve("x.safetensors");
        ByteBuffer length = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, length.putLong(0, 99).array());
        assertRefused(file, "its header would have 99 bytes, and the file ends after 8");
        Files.write(file, length.putLong(0, 100_000_001).array());
        assertRefused(file, "its header would have 100000001 bytes, and has 2 to 100000000");
        Files.write(file, length.putLong(0, -1).array());
        assertRefused(file, "its header would have 18446744073709551615 bytes, and has 2 to 100000000");
        Files.write(file, new byte[3]);
        assertRefused(file, "it has 3 bytes");
    }

    @Test
    void namesThatWouldActOnATerminalAreEscaped() throws IOException {
        Path file = file("{\"a\\u001b[2J\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8);
        assertRefused(file, "'a\\u001b[2J' begins at byte 4, where byte 0 of the tensors' comes next");
    }

    @Test
    void emptyTensorsMayStandAnywhereBetweenOthers() throws IOException {
        Path file = file(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
                        + "\"c\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[0,0]}}  ",
                4);
        assertThat(Safetensors.open(file).names()).containsExactlyInAnyOrder("a", "b", "c");
    }

    private Path index(String text) throws IOException {
        return Files.writeString(folder.resolve("m.safetensors.index.json"), text.replace('\'', '"'));
    }

    @Test
    void anIndexNamesFilesBesideItOnly() throws IOException {
        for (String outside : new String[] {"../x.safetensors", "/x.safetensors", "..", ""}) {
            Path index = index("{'weight_map':{'a':'" + outside + "'}}");
            assertThatThrownBy(() -> Safetensors.open(index))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "'" + index + "' names the file '" + outside + "'; the files of an index are beside it.");
        }
    }

    @Test
    void anIndexAndItsFilesMustAgree() throws IOException {
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
        Path more = index("{'weight_map':{'a':'x.safetensors','b':'x.safetensors'}}");
        assertThatThrownBy(() -> Safetensors.open(more))
                .hasMessage("'" + more + "' says that 'x.safetensors' holds the tensor 'b', which is not there.");
        Path fewer = index("{'weight_map':{'b':'x.safetensors'}}");
        assertThatThrownBy(() -> Safetensors.open(fewer))
                .hasMessage("'" + folder.resolve("x.safetensors") + "' holds the tensor 'a', which '" + fewer
                        + "' does not say of it.");
        Path none = index("{'weights':{}}");
        assertThatThrownBy(() -> Safetensors.open(none))
                .hasMessage("'" + none + "' is no index of safetensors files: it has no weight_map.");
        Path missing = index("{'weight_map':{'b':'y.safetensors'}}");
        assertThatThrownBy(() -> Safetensors.open(missing))
                .hasMessage("There is no file '" + folder.resolve("y.safetensors") + "'.");
    }
}
