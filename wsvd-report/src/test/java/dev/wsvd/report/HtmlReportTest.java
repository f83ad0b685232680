package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.json.JsonStats;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class HtmlReportTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

    @Test
    void thePageHoldsTheJsonOfTheStatsFile() {
        String json = JsonStats.toJson(ReportedStats.full(List.of("conv1", "conv2")));

        assertThat(data(HtmlReport.of(json))).isEqualTo(json);
    }

    @Test
    void nothingInANameEndsTheElementThatHoldsTheData() {
        String name = "</script><!--<img src=x onerror=alert(1)>&\u2028{{style}}";
        String json = JsonStats.toJson(ReportedStats.full(List.of(name)));
        String data = data(HtmlReport.of(json));

        assertThat(data).doesNotContain("<", ">", "&", "\u2028").contains("{{style}}");
        assertThat(data.replace("\\u003c", "<")
                        .replace("\\u003e", ">")
                        .replace("\\u0026", "&")
                        .replace("\\u2028", "\u2028"))
                .isEqualTo(json);
    }

    @Test
    void thePageNamesNothingThatCouldBeLoaded() {
        assertThat(HtmlReport.of(ReportedStats.bare()))
                .doesNotContain("src=", "https:", "@import", "url(")
                .contains("default-src 'none'")
                .doesNotContain("unsafe");
    }

    @Test
    void aJarWithoutAPartOfThePageIsTold() {
        assertThatThrownBy(() -> HtmlReport.resource("absent.js"))
                .isInstanceOf(WsvdException.class)
                .hasMessage("The wsvd-report jar has no readable absent.js.");
    }

    private static String data(String page) {
        Matcher found = DATA.matcher(page);
        assertThat(found.find()).isTrue();
        return found.group(1);
    }
}
