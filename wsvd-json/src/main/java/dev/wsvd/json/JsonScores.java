package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
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
 * {@code calibration}, {@code baseline}, {@code plans} and an evaluator's {@code samples} and {@code sha256} may be absent.
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
        return JsonFile.readIfPresent(file, JsonFormat.SCORES, Content.class).map(JsonScores::scores);
    }

    /**
     * Replaces the file atomically.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written or a score is not finite
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    @Override
    public void save(ScoreRecord scores) {
        WholeFile.write(file, toJson(scores));
    }

    /**
     * The text of a scores file.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a score is not finite
     */
    public static String toJson(ScoreRecord scores) {
        return JsonText.of(Content.of(scores));
    }

    /** @param layers by name, in the file's order */
    record Content(
            @JsonProperty(required = true) String format,
            @JsonProperty(required = true) Integer version,
            Identities.Model model,
            Identities.Evaluator evaluator,
            Identities.Inputs calibration,
            Double baseline,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
            Map<String, List<Score>> layers,

            @JsonSetter(contentNulls = Nulls.FAIL) List<PlanScore> plans) {
        static Content of(ScoreRecord scores) {
            Map<String, List<Score>> layers = new LinkedHashMap<>();
            scores.table()
                    .entries()
                    .forEach((candidate, entry) -> layers.computeIfAbsent(
                                    candidate.layer().name(), layer -> new ArrayList<>())
                            .add(Score.of(candidate.choice(), entry)));
            OptionalDouble baseline = scores.table().baseline();
            return new Content(
                    JsonFormat.SCORES.id(),
                    JsonFormat.VERSION,
                    scores.model().map(Identities.Model::of).orElse(null),
                    scores.evaluator().map(Identities.Evaluator::of).orElse(null),
                    scores.calibration().map(Identities.Inputs::of).orElse(null),
                    baseline.isPresent() ? baseline.getAsDouble() : null,
                    layers,
                    scores.plans().isEmpty() ? null : PlanScore.all(scores.plans()));
        }
    }

    record Score(
            @JsonProperty(required = true) Identities.Name unfolding,
            @JsonProperty(required = true) Double ratio,
            Integer rank,
            @JsonSetter(contentNulls = Nulls.FAIL) List<Integer> ranks,
            @JsonProperty(required = true) Double score) {
        static Score of(Choice choice, ScoreTable.Entry entry) {
            return new Score(
                    new Identities.Name(choice.form()),
                    entry.ratio(),
                    Ranks.one(choice),
                    Ranks.several(choice),
                    entry.score());
        }
    }

    private static ScoreRecord scores(JsonFile<Content> file) {
        Content content = file.content();
        Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
        content.layers().forEach((name, scores) -> {
            if (name.isBlank()) {
                throw file.refusal(JsonPath.to("layers", name), "belongs to a layer whose name is blank.");
            }
            for (int i = 0; i < scores.size(); i++) {
                Score score = scores.get(i);
                JsonPath at = JsonPath.to("layers", name, i);
                Choice choice = Ranks.choice(file, at, score.unfolding(), score.rank(), score.ranks());
                Candidate candidate = new Candidate(new LayerId(name), choice);
                if (entries.put(candidate, new ScoreTable.Entry(score.score(), score.ratio())) != null) {
                    throw file.refusal(at, "scores " + choice + " a second time.");
                }
            }
        });
        return new ScoreRecord(
                Optional.ofNullable(content.model()).map(Identities.Model::identity),
                Optional.ofNullable(content.evaluator()).map(Identities.Evaluator::identity),
                Optional.ofNullable(content.calibration()).map(Identities.Inputs::identity),
                ScoreTable.of(
                        content.baseline() == null ? OptionalDouble.empty() : OptionalDouble.of(content.baseline()),
                        entries),
                PlanScore.read(file, content.plans()));
    }
}
