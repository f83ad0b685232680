package dev.wsvd.adapter.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Versions as the build wrote them down; a manifest would be lost when jars are merged. */
final class Versions {
    private static final String FILE = "versions.properties";

    private Versions() {}

    static String wsvd() {
        return read("wsvd");
    }

    static String onnxRuntime() {
        return read("onnxruntime");
    }

    private static String read(String key) {
        Properties properties = new Properties();
        try (InputStream in = Versions.class.getResourceAsStream(FILE)) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty(key);
    }
}
