package dev.wsvd.domain.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConvolutionTest {
    private static final Convolution CONV =
            new Convolution(new WeightShape(8, 4, List.of(3, 5)), 2, List.of(2, 1), List.of(1, 3), List.of(1, 6));

    @Test
    void aPartMovesAlongItsDimsAsTheWholeDoes() {
        assertThat(CONV.along(dim -> dim == 1, 6, 4))
                .isEqualTo(new Convolution(
                        new WeightShape(6, 4, List.of(1, 5)), 2, List.of(1, 1), List.of(1, 3), List.of(0, 6)));
        assertThat(CONV.along(dim -> true, 6, 4).movesLike(CONV)).isTrue();
        assertThat(CONV.along(dim -> false, 6, 4).movesLike(CONV)).isFalse();
    }

    @Test
    void aPartOfATransposedOneIsTransposedIfItMoves() {
        Convolution up = new Convolution(
                new WeightShape(8, 4, List.of(3, 5)), 2, List.of(2, 1), List.of(1, 3), List.of(1, 6), true);

        assertThat(up.along(dim -> dim == 0, 6, 4))
                .isEqualTo(new Convolution(
                        new WeightShape(6, 4, List.of(3, 1)), 2, List.of(2, 1), List.of(1, 1), List.of(1, 0), true));
        assertThat(up.along(dim -> false, 6, 4))
                .isEqualTo(new Convolution(new WeightShape(6, 4, List.of(1, 1)), 2, List.of(1, 1)));
        assertThat(up.along(dim -> true, 6, 4).movesLike(up)).isTrue();
        assertThat(up.along(dim -> true, 6, 4).movesLike(CONV)).isFalse();
        assertThat(up.shapeAfter(dim -> dim == 0, 6, List.of(1L, 8L, 20L, 30L), List.of(1L, 8L, 40L, 30L)))
                .containsExactly(1L, 6L, 40L, 30L);
    }

    @Test
    void aTransposedOneWithFewerChannelsIsTransposedToo() {
        Convolution up =
                new Convolution(new WeightShape(8, 4, List.of(3)), 1, List.of(2), List.of(1), List.of(0), true);

        assertThat(up.shrunk(3, 1))
                .isEqualTo(new Convolution(
                        new WeightShape(5, 3, List.of(3)), 1, List.of(2), List.of(1), List.of(0), true));
    }

    @Test
    void betweenPartsTheDimsMovedAlongHaveTheSizesOfTheOutput() {
        List<Long> input = List.of(1L, 8L, 20L, 30L);
        List<Long> output = List.of(1L, 8L, 10L, 33L);

        assertThat(CONV.shapeAfter(dim -> false, 6, input, output)).containsExactly(1L, 6L, 20L, 30L);
        assertThat(CONV.shapeAfter(dim -> dim == 0, 6, input, output)).containsExactly(1L, 6L, 10L, 30L);
        assertThat(CONV.shapeAfter(dim -> true, 6, input, output)).containsExactly(1L, 6L, 10L, 33L);
    }

    @Test
    void oneTapMayHavePaddingBehind() {
        Convolution pointwise = new Convolution(new WeightShape(8, 4, List.of(1)), 1, List.of(1));
        assertThat(pointwise.shapeAfter(dim -> true, 6, List.of(1L, 4L, 9L), List.of(1L, 8L, 10L)))
                .containsExactly(1L, 6L, 10L);
    }

    @Test
    void anotherDimMayHoldPositionsBeforeTheSpatialOnes() {
        assertThat(CONV.shapeAfter(dim -> dim == 1, 6, List.of(1L, 8L, 3L, 20L, 30L), List.of(1L, 8L, 3L, 10L, 33L)))
                .containsExactly(1L, 6L, 3L, 20L, 33L);
    }

    @Test
    void ofUnknownSizesNothingIsKnownBetween() {
        assertThat(CONV.shapeAfter(dim -> true, 6, List.of(), List.of(1L, 8L, 10L, 33L)))
                .isEmpty();
        assertThat(CONV.shapeAfter(dim -> true, 6, List.of(1L, 8L, 20L, 30L), List.of()))
                .isEmpty();
    }
}
