package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.stats.CompressionStats.Sources;
import dev.wsvd.domain.stats.ReportOrigin;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pages of figures at the ends of what there is. */
class UnusualFiguresBrowserTest extends BrowserTestCase {
    private static final List<String> NAMES = List.of("conv1", "conv2", "conv3", "fc1", "fc2");
    private static final String CURVE = "document.querySelector('#standing svg[role=group]')";

    @Test
    void scoresThatDifferByTheirLastBitStayAndHaveAChart() throws IOException {
        openChanged("""
                data.score = { name: 'cosine', baseline: 1, compressed: 0.9999999999999998, samples: 200 };
                data.trials = [];
                data.layers.forEach(layer => delete layer.candidates);
                """);

        assertThat(browser.text("document.querySelector('.lead').textContent")).contains("stays at 1.0000 on 200");
        assertThat(browser.value(CURVE + ".querySelectorAll('.grid').length").asInt())
                .isBetween(2, 12);
    }

    /** Opens the full page with other figures. */
    private void openChanged(String change) throws IOException {
        open(ReportedStats.full(NAMES));
        browser.value("(() => { const data = JSON.parse(document.getElementById('data').textContent); " + change
                + " drawReport(data); })()");
    }

    @Test
    void aNetworkThatCostsMoreThanTheOriginalIsInTheChart() throws IOException {
        openChanged("data.trials.push({ name: 'larger', mac: 1.5 * data.mac.before, score: 0.9 });");

        assertThat(browser.text(CURVE + ".querySelector('desc').textContent")).contains("150.0");
        assertThat(browser.value("Math.max(...Array.from(" + CURVE
                                + ".querySelectorAll('circle.trial')).map(mark =>"
                                + " Number(mark.getAttribute('cx')))) < Number(" + CURVE + ".getAttribute('width'))")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void errorsOfCandidatesAreNamedSo() throws IOException {
        openChanged("data.layers.forEach(layer => layer.candidates.forEach(candidate => {"
                + " delete candidate.score; delete candidate.loss; }));");
        browser.value("location.hash = 'layer-2'");
        until("!" + PANEL + ".hidden");

        assertThat(browser.texts(
                        "Array.from(" + PANEL + ".querySelectorAll('text.name')).map(name => name.textContent)"))
                .contains("relative error")
                .doesNotContain("predicted loss");
    }

    @Test
    void whatIsNotKnownIsLastInBothDirections() throws IOException {
        open(ReportedStats.full(NAMES));
        String names = ROWS + ".map(row => row.querySelector('th a').textContent)";
        String click =
                "Array.from(document.querySelectorAll('th button')).find(head => head.textContent === 'error alone').click()";

        browser.value(click);
        assertThat(browser.texts(names)).containsExactly("fc2", "conv3", "conv2", "conv1", "fc1");
        browser.value(click);
        assertThat(browser.texts(names)).containsExactly("conv2", "conv3", "fc2", "conv1", "fc1");
    }

    @Test
    void aDrawnTableReadsEachLayerAFewTimes() throws IOException {
        open(ReportedStats.full(
                IntStream.rangeClosed(1, 200).mapToObj(i -> "block" + i).toList()));

        assertThat(browser.value("(() => { let reads = 0; const layer = model.layers[199]; const costs = layer.costs;"
                                + " Object.defineProperty(layer, 'costs', { get: () => { reads++; return costs; } });"
                                + " const cost = document.querySelector('.controls select');"
                                + " cost.value = 'memory'; cost.dispatchEvent(new Event('change')); return reads; })()")
                        .asInt())
                .isBetween(1, 100);
    }

    @Test
    void outputsThatAreTheSameAreSaidToBe() throws IOException {
        ReportOrigin origin =
                new ReportOrigin(Optional.empty(), new ModelIdentity("small.onnx", "ab12"), Sources.UNKNOWN);
        String json = new ComparisonReport()
                .costs(Cost.of(1000, 300), Cost.of(1000, 300))
                .fidelity(List.of(), OptionalDouble.empty(), 1, Double.POSITIVE_INFINITY)
                .json()
                .toJson(origin);
        open(HtmlReport.of(json), "");

        assertThat(browser.texts("Array.from(document.querySelectorAll('.tile')).map(tile => tile.textContent)"))
                .contains("SQNRidentical");
    }
}
