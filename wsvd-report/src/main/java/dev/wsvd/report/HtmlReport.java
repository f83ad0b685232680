package dev.wsvd.report;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.json.JsonStats;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A report as a page for any browser: one file with charts, light and dark, which loads nothing. It holds its figures as JSON and draws
 * itself from them. A browser is told to run the page's own script only, so that nothing in a name can run.
 */
public final class HtmlReport {
    private static final List<String> SCRIPTS =
            List.of("format.js", "charts.js", "model.js", "views.js", "layers.js", "report.js");

    private HtmlReport() {}

    /**
     * The page of a compression that is done or planned.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a figure is not finite; the message names its field
     */
    public static String of(CompressionStats stats) {
        return of(JsonStats.toJson(stats));
    }

    /**
     * The page of some figures.
     *
     * @param json the text of a stats file, of a comparison, a curve or an inspection, as wsvd writes it
     */
    public static String of(String json) {
        return page(SCRIPTS, "", json);
    }

    /** A page that asks its server for figures, and draws them as they come. */
    static String live() {
        return page(Stream.concat(SCRIPTS.stream(), Stream.of("live.js")).toList(), "; connect-src 'self'", "null");
    }

    /** @param allowed what a browser is told that the page may do besides */
    private static String page(List<String> scripts, String allowed, String json) {
        String style = resource("report.css");
        String script = scripts.stream().map(HtmlReport::resource).collect(Collectors.joining("\n"));
        return filled(
                resource("report.html"),
                Map.of(
                        "style",
                        style,
                        "style-hash",
                        hash(style),
                        "script",
                        script,
                        "script-hash",
                        hash(script),
                        "allowed",
                        allowed,
                        "data",
                        embedded(json)));
    }

    /** Each place is filled once, so that nothing that is filled in can be taken for a place. */
    private static String filled(String template, Map<String, String> values) {
        StringBuilder page = new StringBuilder();
        int done = 0;
        for (int open = template.indexOf("{{"); open >= 0; open = template.indexOf("{{", done)) {
            int close = template.indexOf("}}", open);
            page.append(template, done, open).append(values.get(template.substring(open + 2, close)));
            done = close + 2;
        }
        return page.append(template, done, template.length()).toString();
    }

    /** The same JSON without what could end the element that it is in: these characters are in its texts only. */
    private static String embedded(String json) {
        return json.replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("&", "\\u0026")
                .replace("\u2028", "\\u2028")
                .replace("\u2029", "\\u2029");
    }

    /** As a browser is told what it may run. */
    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }

    /** A text of this jar. */
    static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new FileNotFoundException(name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new WsvdException("The wsvd-report jar has no readable " + name + ".", e);
        }
    }
}
