package dev.wsvd.json;

import dev.wsvd.domain.Candidate;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ScoreRecord;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.spi.ScoreStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Scores in a JSON file, replaced whole by every save, so that a crash leaves the file of the save before.
 *
 * <p>Scores are grouped by layer; the order of scores of different layers is not kept. {@code model}, {@code evaluator},
 * {@code baseline} and an evaluator's {@code samples} and {@code sha256} may be absent.
 */
public final class JsonScores implements ScoreStore {
    private final Path file;

    private JsonScores(Path file) {
        this.file = Objects.requireNonNull(file, "file");
    }

    /** Scores in that file, which need not exist yet. */
    public static JsonScores at(Path file) {
        return new JsonScores(file);
    }

    /**
     * What the file holds; empty if it does not exist.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the file cannot be read or holds no score table; the message
     *     names the file, line, column and field
     */
    @Override
    public Optional<ScoreRecord> load() {
        return JsonSource.readIfPresent(file).map(JsonScores::scores);
    }

    /**
     * Replaces the file, whole or not at all.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written or a score is not finite
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    @Override
    public void save(ScoreRecord scores) {
        WholeFile.write(file, toJson(scores));
    }

    private static String toJson(ScoreRecord scores) {
        Map<String, Object> root = JsonFormat.SCORES.begin();
        scores.model().ifPresent(model -> root.put("model", Identities.toJson(model)));
        scores.evaluator().ifPresent(evaluator -> root.put("evaluator", Identities.toJson(evaluator)));
        scores.table().baseline().ifPresent(baseline -> root.put("baseline", baseline));
        Map<String, List<Object>> layers = new LinkedHashMap<>();
        scores.table()
                .entries()
                .forEach((candidate, entry) -> layers.computeIfAbsent(
                                candidate.layer().name(), layer -> new ArrayList<>())
                        .add(toJson(candidate, entry)));
        root.put("layers", layers);
        return JsonText.of(root);
    }

    private static Map<String, Object> toJson(Candidate candidate, ScoreTable.Entry entry) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("unfolding", candidate.split().unfolding().id());
        json.put("ratio", entry.ratio());
        json.put("rank", candidate.split().rank());
        json.put("score", entry.score());
        return json;
    }

    private static ScoreRecord scores(Field root) {
        JsonFormat.SCORES.require(root);
        root.allowing("format", "version", "model", "evaluator", "baseline", "layers");
        Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
        root.required("layers").object().forEach((name, scored) -> {
            LayerId layer = layer(name, scored);
            for (Field score : scored.items()) {
                addScore(layer, score, entries);
            }
        });
        OptionalDouble baseline = root.optional("baseline")
                .map(field -> OptionalDouble.of(field.number()))
                .orElseGet(OptionalDouble::empty);
        return new ScoreRecord(
                root.optional("model").map(Identities::model),
                root.optional("evaluator").map(Identities::evaluator),
                ScoreTable.of(baseline, entries));
    }

    private static LayerId layer(String name, Field scored) {
        if (name.isBlank()) {
            throw scored.source().refusal(scored.value().place(), "a layer name in 'layers' is blank.");
        }
        return new LayerId(name);
    }

    private static void addScore(LayerId layer, Field score, Map<Candidate, ScoreTable.Entry> entries) {
        score.allowing("unfolding", "ratio", "rank", "score");
        Candidate candidate = new Candidate(layer, Decisions.split(score));
        ScoreTable.Entry entry = new ScoreTable.Entry(
                score.required("score").number(), score.required("ratio").number());
        if (entries.put(candidate, entry) != null) {
            throw score.source()
                    .refusal(
                            score.value().place(),
                            score.named() + " scores " + candidate.split().unfolding() + " rank "
                                    + candidate.split().rank() + " a second time.");
        }
    }
}
