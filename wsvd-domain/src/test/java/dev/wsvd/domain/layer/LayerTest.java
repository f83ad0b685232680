package dev.wsvd.domain.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerTest {
    private static final LayerId ID = new LayerId("layer");

    @Test
    void convPositionsAreTheSpatialDims() {
        Layer layer = Layer.of(
                ID,
                new Convolution(new WeightShape(8, 4, List.of(3, 3)), 2, List.of(2, 2)),
                List.of(1L, 8L, 14L, 12L),
                List.of(1L, 8L, 7L, 6L));

        assertThat(layer.op().positions(layer.inputShape())).isEqualTo(14 * 12);
        assertThat(layer.outputPositions()).isEqualTo(7 * 6);
        assertThat(layer.sized().macs()).isEqualTo(8 * 4 * 9 * 7 * 6);
        assertThat(layer.inChannels()).isEqualTo(8);
        assertThat(layer.outChannels()).isEqualTo(8);
        assertThat(layer.groups()).isEqualTo(2);
        assertThat(layer.kind()).isEqualTo("conv");
    }

    @Test
    void aTransposedConvolutionMultipliesAtEveryInputPosition() {
        Layer layer = Layer.of(
                ID,
                new Convolution(
                        new WeightShape(8, 4, List.of(3, 3)), 2, List.of(2, 2), List.of(1, 1), List.of(1, 1), true),
                List.of(1L, 8L, 7L, 6L),
                List.of(1L, 8L, 13L, 11L));

        assertThat(layer.outputPositions()).isEqualTo(13 * 11);
        assertThat(layer.sized().macs()).isEqualTo(8 * 4 * 9 * 7 * 6);
        assertThat(layer.kind()).isEqualTo("conv-transpose");
        assertThat(Layer.of(ID, layer.op(), layer.inputShape(), List.of())
                        .sized()
                        .macs())
                .isZero();
    }

    @Test
    void linearPositionsAreTheDimsBetweenBatchAndFeatures() {
        Affine op = Affine.of(5, 3);

        assertThat(Layer.of(ID, op, List.of(1L, 3L), List.of(1L, 5L)).outputPositions())
                .isEqualTo(1);
        Layer layer = Layer.of(ID, op, List.of(1L, 7L, 2L, 3L), List.of(1L, 7L, 2L, 5L));
        assertThat(layer.outputPositions()).isEqualTo(14);
        assertThat(layer.sized().macs()).isEqualTo(5 * 3 * 14);
        assertThat(layer.kind()).isEqualTo("linear");
    }

    @Test
    void anEmbeddingMultipliesNothing() {
        Layer layer = Layer.of(ID, Lookup.of(5, 1000), List.of(1L, 7L), List.of(1L, 7L, 5L));

        assertThat(layer.weight()).isEqualTo(WeightShape.linear(5, 1000));
        assertThat(layer.outputPositions()).isEqualTo(7);
        assertThat(layer.sized().macs()).isZero();
        assertThat(layer.kind()).isEqualTo("embedding");
    }

    @Test
    void unknownShapesHaveNoPositionsAndNoMacs() {
        assertThat(Layer.of(ID, Affine.of(5, 3), List.of(), List.of()).outputPositions())
                .isZero();
        assertThat(Layer.of(ID, Affine.of(5, 3), List.of(), List.of(1L, 5L))
                        .sized()
                        .macs())
                .isZero();
        assertThat(Layer.of(ID, Affine.of(5, 3), List.of(1L, 3L), List.of())
                        .sized()
                        .macs())
                .isZero();
    }

    @Test
    void anUnsupportedLayerKeepsAllElse() {
        Layer layer = Layer.of(ID, Affine.of(5, 3), List.of(1L, 3L), List.of(1L, 5L));
        Layer unsupported = layer.unsupported("quantised");

        assertThat(layer.supported()).isTrue();
        assertThat(unsupported.supported()).isFalse();
        assertThat(unsupported.unsupportedReason()).hasValue("quantised");
        assertThat(unsupported.sized()).isEqualTo(layer.sized());
    }

    @Test
    void groupsMustDivideTheOutputChannels() {
        for (int groups : new int[] {0, 3}) {
            assertThatThrownBy(() -> new Convolution(new WeightShape(8, 4, List.of(3, 3)), groups, List.of(2, 2)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("A convolution has " + groups + " groups, which do not divide its 8 output channels.");
        }
    }

    @Test
    void namesAreNotBlank() {
        assertThatThrownBy(() -> new LayerId(" "))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A layer name must not be blank.");
    }
}
