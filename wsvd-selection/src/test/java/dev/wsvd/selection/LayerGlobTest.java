package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerGlobTest {
    @ParameterizedTest
    @CsvSource({
        "conv1, conv1, true",
        "conv1, conv12, false",
        "conv*, conv, true",
        "*, conv1, true",
        "*, '', true",
        "?, '', false",
        "conv?, conv1, true",
        "conv?, conv12, false",
        "*.weight, a.b.weight, true",
        "*.weight, a.b.weights, false",
        "*ab*ab, abab, true",
        "*ab*ab, abcab, true",
        "*ab*ab, ab, false",
        "a*b?c*d, aXXbYcZZd, true",
        "a*b?c*d, aXXbcZZd, false",
        "**?**, x, true",
        "?, 😀, true",
        "a.c, abc, false"
    })
    void starStandsForAnyCharactersAndAQuestionMarkForOne(String glob, String name, boolean matches) {
        assertThat(new LayerGlob(glob).matches(name)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({
        "node_1, node_1",
        "stem, node_1",
        "att, node_2 node_3",
        "node_3, node_3",
        "'att*', node_2 node_3 node_4 att.out",
        "att.out, att.out",
        "'*_4', node_4",
        "'*', node_1 node_2 node_3 node_4 att.out"
    })
    void aPathNamesAllLayersThatHaveItUnlessItIsALayersName(String text, String named) {
        List<Layer> layers = List.of(
                layer("node_1", Optional.of("stem")),
                layer("node_2", Optional.of("att")),
                layer("node_3", Optional.of("att")),
                layer("node_4", Optional.of("att.out")),
                layer("att.out", Optional.empty()));
        assertThat(new LayerGlob(text).in(layers))
                .extracting(layer -> layer.id().name())
                .containsExactlyInAnyOrder(named.split(" "));
    }

    @Test
    void pathsAreAmongTheNearNames() {
        List<Layer> layers = List.of(layer("node_Conv_26", Optional.of("layer1.0.conv1")));
        assertThatThrownBy(() -> new LayerGlob("layer1.0.conv2").in(layers))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The model has no layer 'layer1.0.conv2'. Maybe 'layer1.0.conv1' was meant.");
    }

    private static Layer layer(String name, Optional<String> path) {
        return new Layer(
                new LayerId(name),
                Affine.of(4, 4),
                List.of(1L, 4L),
                List.of(1L, 4L),
                ElementType.FLOAT32,
                Optional.empty(),
                path);
    }

    /** Tried in every way it could match, this would take longer than the universe is old. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aGlobThatAlmostMatchesInManyWaysIsDecidedAtOnce() {
        assertThat(new LayerGlob("*a".repeat(30) + "*b").matches("a".repeat(100_000)))
                .isFalse();
    }
}
