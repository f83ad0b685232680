package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import org.junit.jupiter.api.Test;

/** Users bring protobuf 3 or 4: the tests that read and write whole files run with both. */
class ProtobufVersionTest {
    @Test
    void theTestsRunWithTheVersionThatIsAskedFor() {
        assertThat(MessageLite.class.getProtectionDomain().getCodeSource().getLocation())
                .asString()
                .endsWith("/protobuf-java-" + System.getProperty("wsvd.protobuf") + ".jar");
    }
}
