package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.ParetoPoint;
import dev.wsvd.domain.stats.ReportOrigin;
import dev.wsvd.json.JsonPareto;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pages in a real browser. */
class HtmlReportBrowserTest extends BrowserTestCase {
    private static final List<String> NAMES = List.of("conv1", "conv2", "conv3", "fc1", "fc2");

    @Test
    void theTableHasTheFiguresOfTheStats() throws IOException {
        CompressionStats stats = ReportedStats.full(NAMES);
        open(stats);

        for (LayerStats layer : stats.layers()) {
            assertThat(cells(stats.layers().indexOf(layer)))
                    .contains(
                            layer.layer().name(),
                            Units.cost(Metric.MAC, layer.before().of(Metric.MAC)),
                            Units.cost(Metric.MAC, layer.after().of(Metric.MAC)),
                            Units.ratio(layer.ratio(Metric.MAC)))
                    .containsAll(shown(layer.error()))
                    .containsAll(shown(layer.outputError()));
        }
    }

    private static List<String> shown(OptionalDouble figure) {
        return figure.isPresent() ? List.of(Units.ratio(figure.getAsDouble())) : List.of();
    }

    @Test
    void theTopSaysBeforeAndAfter() throws IOException {
        CompressionStats stats = ReportedStats.full(NAMES);
        open(stats);
        String top = plain(browser.text("document.querySelector('header').textContent"));
        String tiles = plain(browser.text("document.querySelector('.tiles').textContent"));

        assertThat(browser.text("document.title")).isEqualTo("small.onnx, compression");
        assertThat(top)
                .contains("3 of 5 layers are changed.")
                .contains(Units.percent(stats.ratio(Metric.MAC)) + " of the MACs")
                .contains("falls from 0.9061 to 0.9002 on 2000 samples")
                .contains("between -0.0015 and 0.0123");
        assertThat(tiles)
                .contains(
                        Units.cost(Metric.MAC, stats.before().of(Metric.MAC)),
                        Units.cost(Metric.MAC, stats.after().of(Metric.MAC)),
                        "2.40 ms",
                        "1.50 ms",
                        "0.8863 … 0.9126");
    }

    @Test
    void whatWasNotMeasuredIsNotShown() throws IOException {
        open(ReportedStats.bare());

        assertThat(browser.text("document.body.innerText"))
                .contains("No layer is changed.")
                .doesNotContain("undefined", "NaN", "null", "accuracy", "error", "ms\n");
        assertThat(browser.value("document.getElementById('standing') === null").asBoolean())
                .isTrue();
    }

    @Test
    void namesAreText() throws IOException {
        String hostile = "</script><img src=x onerror=\"window.hacked = 1\">{{style}}";
        open(ReportedStats.full(List.of("conv1", hostile)));
        browser.value("location.hash = 'layer-2'");
        until("!" + PANEL + ".hidden");

        assertThat(cells(1)).contains(hostile);
        assertThat(browser.text(PANEL + ".querySelector('h2').textContent")).isEqualTo(hostile);
        assertThat(browser.value("document.images.length").asInt()).isZero();
        assertThat(browser.value("window.hacked === undefined").asBoolean()).isTrue();
    }

    @Test
    void theKeyboardReachesTheLayersTheirPagesAndTheCharts() throws IOException {
        open(ReportedStats.full(NAMES));
        tabTo("document.activeElement.tagName === 'svg'");
        browser.press(Browser.RIGHT);
        assertThat(browser.text("document.getElementById('tip').innerText")).contains("accuracy");

        tabTo("document.activeElement.textContent === 'after'");
        browser.press(Browser.ENTER);
        assertThat(browser.text("document.querySelector('th[aria-sort=descending]').textContent"))
                .isEqualTo("after");
        assertThat(cells(0)).contains("fc1");

        tabTo("document.activeElement.getAttribute('href') === '#layer-2'");
        browser.press(Browser.ENTER);
        until("!" + PANEL + ".hidden");
        assertThat(browser.text(PANEL + ".querySelector('h2').textContent")).isEqualTo("conv2");
        assertThat(browser.value(PANEL + ".contains(document.activeElement)").asBoolean())
                .isTrue();

        browser.press(Browser.ESCAPE);
        assertThat(browser.value(PANEL + ".hidden").asBoolean()).isTrue();
        assertThat(browser.text("document.activeElement.textContent")).isEqualTo("conv2");
    }

    private void tabTo(String reached) throws IOException {
        for (int i = 0; i < 60 && !browser.value(reached).asBoolean(); i++) {
            browser.press(Browser.TAB);
        }
        assertThat(browser.value(reached).asBoolean()).as(reached).isTrue();
    }

    @Test
    void aFragmentOpensTheLayerWithItsCharts() throws IOException {
        open(HtmlReport.of(ReportedStats.full(NAMES)), "#layer-3");

        assertThat(browser.text(PANEL + ".querySelector('h2').textContent")).isEqualTo("conv3");
        assertThat(browser.texts(
                        "Array.from(" + PANEL + ".querySelectorAll('svg title')).map(title => title.textContent)"))
                .containsExactly(
                        "Score with only this layer changed",
                        "Predicted loss",
                        "Energy that a rank keeps, input-channel");
        assertThat(browser.text(PANEL + ".querySelector('details').textContent"))
                .contains("rank 12, chosen")
                .contains("0.9020");
    }

    @Test
    void everyChartHasATitleAndADescription() throws IOException {
        open(HtmlReport.of(ReportedStats.full(NAMES)), "#layer-2");

        assertThat(browser.value("Array.from(document.querySelectorAll('svg[role=group]')).length")
                        .asInt())
                .isEqualTo(5);
        assertThat(browser.texts("Array.from(document.querySelectorAll('svg[role=group]')).flatMap(svg =>"
                        + " ['aria-labelledby', 'aria-describedby'].map(by =>"
                        + " document.getElementById(svg.getAttribute(by)).textContent))"))
                .hasSize(10)
                .noneMatch(String::isBlank);
    }

    @Test
    void bothThemesAreReadable() throws IOException {
        open(ReportedStats.full(NAMES));
        String light = browser.text("getComputedStyle(document.documentElement).backgroundColor");
        double contrast = contrast();
        browser.prefer("dark");
        String dark = browser.text("getComputedStyle(document.documentElement).backgroundColor");

        assertThat(dark).isNotEqualTo(light);
        assertThat(List.of(contrast, contrast())).allMatch(found -> found > 4.5);
    }

    /** The least contrast of texts to the page, by WCAG's formula. */
    private double contrast() throws IOException {
        return browser.value("(() => { const light = of => { const [r, g, b] = of.match(/\\d+/g).map(v => v / 255)"
                        + ".map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);"
                        + " return 0.2126 * r + 0.7152 * g + 0.0722 * b; };"
                        + " const paper = light(getComputedStyle(document.documentElement).backgroundColor);"
                        + " return Math.min(...Array.from(document.querySelectorAll('h1, h1 small, .lead, dt, dd span, td, a'))"
                        + ".filter(e => !e.classList.contains('skip')).map(e => light(getComputedStyle(e).color))"
                        + ".map(ink => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05))); })()")
                .asDouble();
    }

    @Test
    void aPhoneScrollsSidewaysInTablesOnly() throws IOException {
        browser.width(360);
        open(ReportedStats.full(List.of("conv1", "a".repeat(300), "/model/layers.0/attention/self/query/MatMul")));

        assertThat(browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                        .asInt())
                .isZero();
        assertThat(browser.value("Math.max(...Array.from(document.querySelectorAll('.plot svg')).map(svg =>"
                                + " svg.getBoundingClientRect().right))")
                        .asInt())
                .isBetween(300, 360);
        browser.value("location.hash = 'layer-2'");
        until("!" + PANEL + ".hidden");
        assertThat(browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                        .asInt())
                .isZero();
        assertThat(browser.value(PANEL + ".scrollWidth").asInt()).isLessThanOrEqualTo(360);
    }

    @Test
    void aThousandLayersCanBeFoundAndFiltered() throws IOException {
        open(ReportedStats.full(
                IntStream.rangeClosed(1, 1000).mapToObj(i -> "block" + i).toList()));
        String shown = ROWS + ".filter(row => !row.hidden).length";
        assertThat(browser.value(shown).asInt()).isEqualTo(1000);

        browser.value("(() => { const find = document.querySelector('input[type=search]');"
                + " find.value = 'block99'; find.dispatchEvent(new Event('input')); })()");
        assertThat(browser.value(shown).asInt()).isEqualTo(11);
        assertThat(browser.text("document.querySelector('.status').textContent"))
                .isEqualTo("11 of 1000 layers shown.");
    }

    @Test
    void thePageIsDrawnAgainFromOtherFigures() throws IOException {
        open(ReportedStats.full(NAMES));
        browser.value("(() => { const data = JSON.parse(document.getElementById('data').textContent);"
                + " data.layers.length = 2; drawReport(data); })()");

        assertThat(browser.value(ROWS + ".length").asInt()).isEqualTo(2);
        assertThat(browser.value("document.querySelectorAll('main h1').length").asInt())
                .isEqualTo(1);
    }

    @Test
    void aCurveHasItsNetworks() throws IOException {
        ParetoPoint original =
                new ParetoPoint(new CompressionRatio(1, 1), Plan.NONE, Cost.of(1000, 300), evaluated(0.93));
        ParetoPoint half = new ParetoPoint(CompressionRatio.of(0.5), Plan.NONE, Cost.of(498, 150), evaluated(0.91));
        ReportOrigin origin = new ReportOrigin(
                Optional.of("0.1.0"), new ModelIdentity("small.onnx", "ab12"), CompressionStats.Sources.UNKNOWN);
        open(HtmlReport.of(JsonPareto.toJson(List.of(original, half), Metric.MAC, origin)), "");

        assertThat(plain(browser.text("document.getElementById('curve').innerText")))
                .contains("original", "ratio 0.500", "498 MAC", "0.498", "0.9100");
        assertThat(browser.text("document.querySelector('#standing desc').textContent"))
                .contains("ratio 0.500, score 0.9100");
    }

    private static Optional<Evaluation> evaluated(double score) {
        return Optional.of(Evaluation.of(score));
    }
}
