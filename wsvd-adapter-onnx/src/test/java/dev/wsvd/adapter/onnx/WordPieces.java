package dev.wsvd.adapter.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Splits plain English into the word pieces of BERT's vocabulary: each word by its longest known beginnings. */
final class WordPieces {
    private static final Pattern ENTRY = Pattern.compile("\"([^\"\\\\]+)\":\\s*(\\d+)");
    private static final Pattern WORD = Pattern.compile("[a-z0-9]+|[^a-z0-9\\s]");

    private final Map<String, Long> vocabulary;

    private WordPieces(Map<String, Long> vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** Reads the vocabulary of a {@code tokenizer.json}. */
    static WordPieces read(String resource) throws IOException {
        try (InputStream in = WordPieces.class.getResourceAsStream(resource)) {
            String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Map<String, Long> vocabulary = new HashMap<>();
            Matcher entries = ENTRY.matcher(json.substring(json.indexOf("\"vocab\"")));
            while (entries.find()) {
                vocabulary.put(entries.group(1), Long.parseLong(entries.group(2)));
            }
            return new WordPieces(vocabulary);
        }
    }

    /** With the marks for beginning and end. */
    long[] tokens(String sentence) {
        LongStream words = WORD.matcher(sentence.toLowerCase(Locale.ROOT))
                .results()
                .map(r -> r.group())
                .flatMap(this::pieces)
                .mapToLong(vocabulary::get);
        return LongStream.concat(
                        LongStream.of(vocabulary.get("[CLS]")),
                        LongStream.concat(words, LongStream.of(vocabulary.get("[SEP]"))))
                .toArray();
    }

    private Stream<String> pieces(String word) {
        for (int end = word.length(); end > 0; end--) {
            String piece = word.substring(0, end);
            if (vocabulary.containsKey(piece)) {
                return Stream.concat(Stream.of(piece), rest(word.substring(end)));
            }
        }
        return Stream.of("[UNK]");
    }

    private Stream<String> rest(String word) {
        for (int end = word.length(); end > 0; end--) {
            String piece = "##" + word.substring(0, end);
            if (vocabulary.containsKey(piece)) {
                return Stream.concat(Stream.of(piece), rest(word.substring(end)));
            }
        }
        return Stream.empty();
    }
}
