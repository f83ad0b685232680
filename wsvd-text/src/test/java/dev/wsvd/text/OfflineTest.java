package dev.wsvd.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.TokenizerProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a process of its own, where nothing was unpacked before and DJL has not yet asked for anything. */
class OfflineTest {
    @TempDir
    Path folder;

    /** Notes down every address that is to be opened, and opens none. */
    private static final class Witness extends URLStreamHandler {
        private final List<URL> tried = new ArrayList<>();

        @Override
        protected URLConnection openConnection(URL url) throws IOException {
            tried.add(url);
            throw new IOException("The network is not to be used: " + url);
        }

        @Override
        protected URLConnection openConnection(URL url, Proxy proxy) throws IOException {
            return openConnection(url);
        }
    }

    /** The process: reads a tokenizer, then prints what it tried to reach and whether DJL may reach something afterwards. */
    public static final class Child {
        private Child() {}

        public static void main(String[] args) {
            Witness witness = new Witness();
            URL.setURLStreamHandlerFactory(protocol -> protocol.startsWith("http") ? witness : null);
            var format = ServiceLoader.load(TokenizerProvider.class)
                    .findFirst()
                    .orElseThrow()
                    .create();
            try (var tokenizer = format.open(Path.of(args[0]), OptionalInt.empty())) {
                System.out.print(tokenizer.encode(List.of("a text")).get(0).ids().length + " tokens, tried "
                        + witness.tried + ", offline " + System.getProperty("ai.djl.offline"));
            }
        }
    }

    @Test
    void nothingIsReachedAndTheNativesComeFromTheJar() throws IOException, InterruptedException {
        Path tokenizer = folder.resolve("tokenizer.json");
        try (InputStream in = OfflineTest.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
            Files.write(tokenizer, in.readAllBytes());
        }
        Path cache = folder.resolve("cache");

        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-DDJL_CACHE_DIR=" + cache,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        tokenizer.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).isEqualTo("4 tokens, tried [], offline null");
        try (Stream<Path> unpacked = Files.walk(cache)) {
            assertThat(unpacked.map(path -> path.getFileName().toString()))
                    .contains(System.mapLibraryName("tokenizers"));
        }
    }
}
