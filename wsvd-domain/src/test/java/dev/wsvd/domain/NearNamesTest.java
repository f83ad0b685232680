package dev.wsvd.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearNamesTest {
    @Test
    void nearestFirst() {
        assertThat(NearNames.of("conv2", List.of("fc1", "conv12", "conv1", "layer1.conv2", "bn")))
                .containsExactly("conv1", "conv12", "layer1.conv2");
    }

    @Test
    void caseDoesNotMatterAndATypoIsForgiven() {
        assertThat(NearNames.of("Classifer.0", List.of("classifier.0", "features.0")))
                .containsExactly("classifier.0");
    }

    @Test
    void aNameThatIsPartOfWhatWasTypedIsNear() {
        assertThat(NearNames.of("/model/layer1/Conv", List.of("layer1", "layer2")))
                .containsExactly("layer1");
    }

    @Test
    void atMostFive() {
        assertThat(NearNames.of("c", List.of("c1", "c2", "c3", "c4", "c5", "c6", "c6")))
                .containsExactly("c1", "c2", "c3", "c4", "c5");
    }

    @Test
    void hintsAtNearNames() {
        assertThat(NearNames.hint("conv3", List.of("conv1", "conv2", "fc")))
                .isEqualTo(" Maybe 'conv1' or 'conv2' was meant.");
    }

    @Test
    void listsWhatThereIsWhereNothingIsNear() {
        assertThat(NearNames.hint("embedding", List.of("fc1", "fc2"))).isEqualTo(" There are: 'fc1', 'fc2'.");
        assertThat(NearNames.hint("embedding", List.of("f1", "f2", "f3", "f4", "f5", "f6", "f7")))
                .isEqualTo(" There are: 'f1', 'f2', 'f3', 'f4', 'f5' and 2 more.");
        assertThat(NearNames.hint("embedding", List.of())).isEqualTo(" There are none.");
    }
}
