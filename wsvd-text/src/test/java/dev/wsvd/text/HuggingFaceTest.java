package dev.wsvd.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Tokenizer;
import dev.wsvd.domain.spi.Tokenizer.Tokens;
import dev.wsvd.domain.spi.TokenizerProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the tokenizer of a real sentence encoder, and on one of byte pairs; the ids expected are those of Python's tokenizers. */
class HuggingFaceTest {
    @TempDir
    Path folder;

    @Test
    void theIdsAreThoseOfPython() {
        try (Tokenizer tokenizer = wordPieces(OptionalInt.empty())) {
            List<Tokens> tokens = tokenizer.encode(List.of("Hello, world!", "", "Größe, naïve café 東京 🙂"));

            assertThat(tokens).hasSize(3).noneMatch(Tokens::truncated);
            assertThat(tokens.get(0).ids()).containsExactly(101, 7592, 1010, 2088, 999, 102);
            assertThat(tokens.get(0).types()).containsExactly(0, 0, 0, 0, 0, 0);
            assertThat(tokens.get(1).ids()).containsExactly(101, 102);
            assertThat(tokens.get(2).ids())
                    .containsExactly(101, 24665, 2080, 17499, 1010, 15743, 7668, 1879, 1755, 100, 102);
        }
    }

    @Test
    void textsEndAtTheLongestLength() {
        String text = "one two three four five six";
        try (Tokenizer five = wordPieces(OptionalInt.of(5));
                Tokenizer eight = wordPieces(OptionalInt.of(8))) {
            assertThat(five.encode(List.of(text)).get(0).ids()).containsExactly(101, 2028, 2048, 2093, 102);
            assertThat(five.encode(List.of(text)).get(0).truncated()).isTrue();
            assertThat(eight.encode(List.of(text)).get(0).truncated()).isFalse();
        }
    }

    @Test
    void theFileSaysHowLongTextsMayBe() {
        try (Tokenizer short128 = wordPieces(OptionalInt.empty());
                Tokenizer asked = wordPieces(OptionalInt.of(600));
                Tokenizer silent = bytePairs()) {
            assertThat(short128.maxLength()).isEqualTo(128);
            assertThat(asked.maxLength()).isEqualTo(600);
            assertThat(asked.encode(List.of("a ".repeat(700))).get(0).ids()).hasSize(600);
            assertThat(silent.maxLength()).isEqualTo(512);
        }
    }

    @Test
    void bytePairsAreFilledWithTheirOwnToken() {
        try (Tokenizer tokenizer = bytePairs();
                Tokenizer wordPieces = wordPieces(OptionalInt.empty())) {
            assertThat(tokenizer.encode(List.of("lower widest")).get(0).ids()).containsExactly(0, 18, 25, 32, 2);
            assertThat(tokenizer.paddingId()).isEqualTo(1);
            assertThat(wordPieces.paddingId()).isZero();
        }
    }

    @Test
    void theVocabularyHasNoSpecialTokens() {
        try (Tokenizer wordPieces = wordPieces(OptionalInt.empty());
                Tokenizer bytePairs = bytePairs()) {
            assertThat(wordPieces.vocabulary())
                    .isSorted()
                    .hasSize(30_522 - 5)
                    .contains(1, 7_592, 30_521)
                    .doesNotContain(0, 100, 101, 102, 103);
            assertThat(bytePairs.vocabulary())
                    .containsExactly(LongStream.range(4, 35).toArray());
        }
    }

    /** This file says of {@code [PAD]} alone that it is special. */
    @Test
    void whatIsPutAroundTextsIsSpecialToo() throws IOException {
        Path file = Files.writeString(folder.resolve("words.json"), """
                {"version": "1.0",
                 "added_tokens": [{"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false,
                   "rstrip": false, "normalized": false, "special": true}],
                 "pre_tokenizer": {"type": "Whitespace"},
                 "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
                 "model": {"type": "WordLevel", "unk_token": "a",
                   "vocab": {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "house": 4100}}}
                """);

        try (Tokenizer tokenizer = HuggingFace.open(file, OptionalInt.empty())) {
            assertThat(tokenizer.encode(List.of("house a")).get(0).ids()).containsExactly(1, 4100, 3, 2);
            assertThat(tokenizer.vocabulary()).containsExactly(3, 4100);
        }
    }

    @Test
    void whatIsNoTokenizerIsRefused() throws IOException {
        Path none = folder.resolve("tokenizer.json");
        assertThatThrownBy(() -> HuggingFace.open(none, OptionalInt.empty()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("There is no tokenizer file '" + none + "'.");
        Path other = Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"bert\"}");
        assertThatThrownBy(() -> HuggingFace.open(other, OptionalInt.empty()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageMatching(
                        "'\\Q" + other + "\\E' is not a tokenizer that can be read: .+\\. Maybe it is not the"
                                + " tokenizer\\.json of Hugging Face's tokenizers\\.");
    }

    @Test
    void itIsFoundOnTheClasspath() {
        assertThat(ServiceLoader.load(TokenizerProvider.class)).singleElement().satisfies(provider -> {
            assertThat(provider.id()).isEqualTo("huggingface");
            assertThat(provider.version()).matches("\\d+\\.\\d+\\.\\d+-\\d+\\.\\d+\\.\\d+");
        });
    }

    private Tokenizer wordPieces(OptionalInt maxLength) {
        return HuggingFace.open(unpacked("/all-minilm-l6-v2-tokenizer.json"), maxLength);
    }

    private Tokenizer bytePairs() {
        return HuggingFace.open(unpacked("bpe-tokenizer.json"), OptionalInt.empty());
    }

    private Path unpacked(String resource) {
        try (InputStream in = HuggingFaceTest.class.getResourceAsStream(resource)) {
            return Files.write(folder.resolve("resource.json"), in.readAllBytes());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
