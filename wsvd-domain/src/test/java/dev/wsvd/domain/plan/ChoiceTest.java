package dev.wsvd.domain.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChoiceTest {
    private static final Choice TWO = new Choice("tucker-2", List.of(16, 24));

    @Test
    void isShownWithItsRanks() {
        assertThat(Choice.of("input-channel", 12)).hasToString("input-channel rank 12");
        assertThat(TWO).hasToString("tucker-2 ranks 16, 24");
        assertThat(TWO.ranks()).isEqualTo("ranks 16, 24");
        assertThat(new Option(TWO, Cost.of(1, 1)).name()).isEqualTo("tucker-2 ranks 16, 24");
    }

    @Test
    void isWithinAnotherOfItsFormThatIsSmallerNowhere() {
        assertThat(TWO.isWithin(TWO)).isTrue();
        assertThat(TWO.isWithin(new Choice("tucker-2", List.of(16, 25)))).isTrue();
        assertThat(TWO.isWithin(new Choice("tucker-2", List.of(17, 23)))).isFalse();
        assertThat(TWO.isWithin(new Choice("other", List.of(16, 24)))).isFalse();
        assertThat(TWO.isWithin(Choice.of("tucker-2", 100))).isFalse();
        assertThat(Choice.of("tucker-2", 1).isWithin(TWO)).isFalse();
    }

    @Test
    void hasOneRankOrNone() {
        assertThat(Choice.of("input-channel", 12).rank()).isEqualTo(12);
        assertThatThrownBy(TWO::rank)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("A choice of tucker-2 has 2 ranks.");
    }

    @Test
    void ranksAreAtLeastOneAndThereIsOne() {
        assertThatThrownBy(() -> Choice.of("input-channel", 0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A rank must be at least 1, found 0.");
        assertThatThrownBy(() -> new Choice("tucker-2", List.of(4, -3)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A rank must be at least 1, found -3.");
        assertThatThrownBy(() -> new Choice("tucker-2", List.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A choice of tucker-2 needs a rank.");
    }
}
