package dev.wsvd.text;

import dev.wsvd.domain.spi.TokenizerFormat;
import dev.wsvd.domain.spi.TokenizerProvider;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Offers {@code huggingface}: every {@code tokenizer.json}, read by Hugging Face's own library. */
public final class HuggingFaceProvider implements TokenizerProvider {
    @Override
    public String id() {
        return "huggingface";
    }

    /** That of Hugging Face's library and of DJL, such as {@code 0.21.0-0.35.1}. */
    @Override
    public String version() {
        Properties properties = new Properties();
        try (InputStream in = HuggingFaceProvider.class.getResourceAsStream("/native/lib/tokenizers.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            // As unknown as if the file were not there.
        }
        return properties.getProperty("version", "unknown");
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public TokenizerFormat create() {
        return HuggingFace::open;
    }
}
