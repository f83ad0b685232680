package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.score.ScoredPlan;
import dev.wsvd.json.JsonScores;
import dev.wsvd.report.LivePage;
import dev.wsvd.report.Units;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Follows the scores that another process makes. */
@Command(
        name = "watch",
        description =
                "Print the scores in a file of --scores, and go on with those that another run adds to it, until Ctrl-C.",
        footerHeading = "%nExample:%n",
        footer = "  ${ROOT-COMMAND-NAME} watch scores.json --live")
final class WatchCommand implements Runnable {
    private static final long PAUSE_MS = 500;

    private final Console console;

    @Parameters(
            paramLabel = "SCORES",
            description = "The file that the other run writes its scores to; it need not exist yet.")
    private Path file;

    @Mixin
    private final LiveArguments live = new LiveArguments();

    WatchCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        if (console.printsJson() || console.savedConfig() != null) {
            throw new InvalidInputException(
                    "watch goes on until it is stopped, and takes neither --json nor --save-config." + " Maybe read '"
                            + file + "' itself: it is JSON.");
        }
        JsonScores scores = JsonScores.at(file);
        Optional<ScoreRecord> shown = Optional.empty();
        Optional<LivePage> page = Optional.empty();
        try {
            // Until nobody reads what is printed.
            for (boolean first = true; !console.out().checkError(); first = false) {
                Optional<ScoreRecord> now = scores.load();
                // A file that holds no scores is refused before anything is served.
                page = first ? live.open(console) : page;
                if (first || !now.equals(shown)) {
                    show(now, shown, page);
                    shown = now;
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            page.ifPresent(LivePage::close);
        }
    }

    private void show(Optional<ScoreRecord> now, Optional<ScoreRecord> before, Optional<LivePage> page) {
        if (now.isEmpty() && !console.isQuiet()) {
            console.err().println("Waiting for '" + file + "'.");
        }
        ScoreTable known = before.map(ScoreRecord::table).orElseGet(ScoreTable::empty);
        now.map(ScoreRecord::table).ifPresent(table -> print(table, known));
        Map<ScoredPlan, Evaluation> knownPlans = before.map(ScoreRecord::plans).orElse(Map.of());
        now.map(ScoreRecord::plans).ifPresent(plans -> print(plans, knownPlans));
        page.ifPresent(it -> it.showScores(
                JsonScores.toJson(
                        now.orElseGet(() -> new ScoreRecord(Optional.empty(), Optional.empty(), ScoreTable.empty()))),
                "following '" + file + "'"));
    }

    private void print(ScoreTable table, ScoreTable known) {
        if (!table.baseline().equals(known.baseline())) {
            table.baseline().ifPresent(score -> print("original", score));
        }
        table.entries().forEach((candidate, entry) -> {
            if (!entry.equals(known.entries().get(candidate))) {
                print(name(candidate), entry.score());
            }
        });
    }

    /** The original's is that of the table. */
    private void print(Map<ScoredPlan, Evaluation> plans, Map<ScoredPlan, Evaluation> known) {
        plans.forEach((plan, evaluation) -> {
            if (!plan.equals(ScoredPlan.ORIGINAL) && !evaluation.equals(known.get(plan))) {
                print("network with " + plan.changes().size() + " layers changed", evaluation.score());
            }
        });
    }

    private static String name(Candidate candidate) {
        return candidate.layer() + ", " + candidate.choice();
    }

    private void print(String name, double score) {
        console.out().println(name + " scores " + Units.score(score));
    }
}
