package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void wordsGoToTheLeftAndFiguresToTheRight() {
        assertThat(new Table("layer", ">MAC", "note")
                        .row("conv1", "7", "first")
                        .row("𝒙", "1000", "")
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer   MAC  note
                conv1     7  first
                𝒙      1000
                """);
    }

    @Test
    void namesDoNotActOnATerminal() {
        assertThat(new Table("a\u001b[2J", ">b\n").row("c\u202e", "d").toString())
                .isEqualToNormalizingNewlines("""
                a\\u001b[2J  b\\u000a
                c\\u202e           d
                """);
    }

    @Test
    void aRowHasACellForEachColumn() {
        Table table = new Table("layer", ">MAC");

        assertThatThrownBy(() -> table.row("conv1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A table of 2 columns takes no row of 1 cells.");
        assertThatThrownBy(() -> table.row("conv1", "7", "first"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A table of 2 columns takes no row of 3 cells.");
        assertThat(table.toString()).isEqualToNormalizingNewlines("layer  MAC\n");
    }
}
