package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.stats.CompressionStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Pages in a real browser, with Maven's profile {@code browser}: needs {@code chromium} and {@code chromedriver}. */
@EnabledIfSystemProperty(named = "wsvd.browser", matches = "true", disabledReason = "needs the profile browser")
abstract class BrowserTestCase {
    static final String ROWS = "Array.from(document.querySelectorAll('table.layers tbody tr'))";
    static final String PANEL = "document.getElementById('layer')";

    static Browser browser;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start();
    }

    @AfterAll
    static void end() throws IOException {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void onADesk() throws IOException {
        browser.prefer("light");
        browser.width(1200);
    }

    @AfterEach
    void nothingFailedAndNothingWasLoaded() throws IOException {
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests())
                .isNotEmpty()
                .allMatch(address -> address.startsWith("file:" + folder)
                        || address.startsWith("file://" + folder)
                        || address.equals("data:,")
                        || address.equals("about:blank"));
    }

    void open(CompressionStats stats) throws IOException {
        open(HtmlReport.of(stats), "");
    }

    void open(String page, String fragment) throws IOException {
        Path file = folder.resolve("report.html");
        Files.writeString(file, page);
        browser.open(file, fragment);
    }

    /** The texts of a row of the table, with spaces as the reports in text have them. */
    List<String> cells(int row) throws IOException {
        return browser.texts("Array.from(" + ROWS + "[" + row + "].children).map(cell => cell.textContent)").stream()
                .map(BrowserTestCase::plain)
                .toList();
    }

    static String plain(String text) {
        return text.replace('\u202f', ' ').replace('\u2212', '-');
    }

    /** A fragment is followed a little later than it is set. */
    void until(String reached) throws IOException {
        for (int i = 0; i < 500 && !browser.value(reached).asBoolean(); i++) {
            Thread.onSpinWait();
        }
        assertThat(browser.value(reached).asBoolean()).as(reached).isTrue();
    }
}
