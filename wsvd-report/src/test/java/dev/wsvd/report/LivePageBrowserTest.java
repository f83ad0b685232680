package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.ProgressEvent.Advanced;
import dev.wsvd.domain.spi.ProgressEvent.Drafted;
import dev.wsvd.domain.spi.ProgressEvent.Evaluated;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.json.JsonStats;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The page of a run that goes on, in a real browser. */
@EnabledIfSystemProperty(named = "wsvd.browser", matches = "true", disabledReason = "needs the profile browser")
class LivePageBrowserTest {
    private static final String HOSTILE = "<img src=x onerror=\"window.hacked = 1\">";
    private static final String RUN = "document.getElementById('live').innerText";

    private final CompressionStats stats = ReportedStats.full(List.of("conv1", "conv2", HOSTILE));
    private final CountDownLatch stopped = new CountDownLatch(1);

    @Test
    void itShowsFiguresSoFarThenTheReportAndAsksNobodyElse() throws IOException {
        try (Browser browser = Browser.start();
                LivePage page = LivePage.open(0)) {
            browser.open(page.address().toString());
            page.onEvent(new Advanced(0.25, Optional.of(Duration.ofSeconds(70)), Stage.EVALUATE, HOSTILE));
            page.onEvent(new Evaluated(HOSTILE, 0.875));
            page.onEvent(new Drafted(() -> stats));
            until(browser, "document.querySelectorAll('table.layers tbody tr').length === 3");
            assertThat(BrowserTestCase.plain(browser.text(RUN)))
                    .contains("25 %, 1 min 10 s left: evaluating " + HOSTILE, "Last: " + HOSTILE + " scores 0.8750");
            assertThat(browser.text("document.querySelector('header').innerText"))
                    .contains("so far");
            assertThat(browser.text("document.querySelector('#live button') === null"))
                    .isEqualTo("true");

            page.finish(JsonStats.toJson(stats));
            until(browser, RUN + ".includes('The run is done')");
            assertThat(BrowserTestCase.plain(browser.text("document.querySelector('.tiles').textContent")))
                    .contains(Units.cost(Metric.MAC, stats.after().of(Metric.MAC)));
            assertThat(browser.value("window.hacked === undefined").asBoolean()).isTrue();
            assertThat(browser.complaints()).isEmpty();
            assertThat(browser.requests())
                    .isNotEmpty()
                    .allMatch(address -> address.startsWith(page.address().toString())
                            || address.equals("data:,")
                            || address.equals("about:blank"));
        }
    }

    @Test
    void theKeyboardReachesTheButtonThatStopsTheRun() throws Exception {
        try (Browser browser = Browser.start();
                LivePage page = LivePage.open(0).stoppable(stopped::countDown, "Scores are kept.")) {
            browser.open(page.address().toString());
            until(browser, "document.querySelector('#live button') !== null");
            tabTo(browser, "Stop the run");
            browser.press(Browser.ENTER);
            assertThat(browser.text("document.activeElement.textContent")).isEqualTo("Let it go on");
            browser.value("document.querySelector('#live .stop').focus()");
            browser.press(Browser.ENTER);
            stopped.await();
            until(browser, RUN + ".includes('The run was stopped. Scores are kept.')");
        }
    }

    private static void tabTo(Browser browser, String text) throws IOException {
        String reached = "document.activeElement.textContent === '" + text + "'";
        for (int i = 0; i < 5 && !browser.value(reached).asBoolean(); i++) {
            browser.press(Browser.TAB);
        }
        assertThat(browser.value(reached).asBoolean()).as(reached).isTrue();
    }

    private static void until(Browser browser, String reached) throws IOException {
        for (int i = 0; i < 2000 && !browser.value(reached).asBoolean(); i++) {
            Thread.onSpinWait();
        }
        assertThat(browser.value(reached).asBoolean()).as(reached).isTrue();
    }
}
