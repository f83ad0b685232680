package dev.wsvd.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Chromium without a window, driven by chromedriver as the W3C's WebDriver protocol says. */
final class Browser implements AutoCloseable {
    static final String TAB = "\uE004";
    static final String ENTER = "\uE007";
    static final String ESCAPE = "\uE00C";
    static final String RIGHT = "\uE014";

    private static final Pattern STARTED = Pattern.compile(".*started successfully on port (\\d+).*");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process driver;
    private final String session;

    private Browser(Process driver, String server) throws IOException {
        this.driver = driver;
        JsonNode made = post(
                server + "/session",
                Map.of(
                        "capabilities",
                        Map.of(
                                "alwaysMatch",
                                Map.of(
                                        "goog:chromeOptions",
                                        Map.of("args", List.of("--headless=new", "--no-sandbox", "--disable-gpu")),
                                        "goog:loggingPrefs",
                                        Map.of("browser", "ALL", "performance", "ALL")))));
        this.session = server + "/session/" + made.path("sessionId").asText();
    }

    static Browser start() throws IOException {
        Process driver = new ProcessBuilder("chromedriver", "--port=0")
                .redirectErrorStream(true)
                .start();
        BufferedReader said = driver.inputReader();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            Matcher started = STARTED.matcher(line);
            if (started.matches()) {
                return new Browser(driver, "http://localhost:" + started.group(1));
            }
        }
        throw new IOException("chromedriver ended before it had started.");
    }

    /** Opens a page; what was logged before is forgotten. */
    void open(Path page, String fragment) throws IOException {
        open(page.toUri() + fragment);
    }

    /** Opens an address, in the same way. */
    void open(String address) throws IOException {
        log("browser");
        log("performance");
        post(session + "/url", Map.of("url", "about:blank"));
        post(session + "/url", Map.of("url", address));
    }

    /** The value of an expression in the page. */
    JsonNode value(String expression) throws IOException {
        return post(session + "/execute/sync", Map.of("script", "return " + expression, "args", List.of()));
    }

    String text(String expression) throws IOException {
        return value(expression).asText();
    }

    List<String> texts(String expression) throws IOException {
        List<String> texts = new ArrayList<>();
        value(expression).forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /** Presses keys, one after the other. */
    void press(String... keys) throws IOException {
        List<Map<String, String>> actions = Stream.of(keys)
                .flatMap(key ->
                        Stream.of(Map.of("type", "keyDown", "value", key), Map.of("type", "keyUp", "value", key)))
                .toList();
        post(
                session + "/actions",
                Map.of("actions", List.of(Map.of("type", "key", "id", "keyboard", "actions", actions))));
    }

    void prefer(String scheme) throws IOException {
        chromium(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    void width(int pixels) throws IOException {
        chromium(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", pixels, "height", 800, "deviceScaleFactor", 1, "mobile", false));
    }

    /** What the page complained about. */
    List<String> complaints() throws IOException {
        List<String> complaints = new ArrayList<>();
        for (JsonNode entry : log("browser")) {
            if (entry.path("level").asText().equals("SEVERE")) {
                complaints.add(entry.path("message").asText());
            }
        }
        return complaints;
    }

    /** The addresses that were asked for since the page was opened, its own first. */
    List<String> requests() throws IOException {
        List<String> requests = new ArrayList<>();
        for (JsonNode entry : log("performance")) {
            JsonNode event = JSON.readTree(entry.path("message").asText()).path("message");
            if (event.path("method").asText().equals("Network.requestWillBeSent")) {
                requests.add(event.path("params").path("request").path("url").asText());
            }
        }
        return requests;
    }

    private JsonNode log(String type) throws IOException {
        return post(session + "/se/log", Map.of("type", type));
    }

    private void chromium(String command, Map<String, Object> parameters) throws IOException {
        post(session + "/goog/cdp/execute", Map.of("cmd", command, "params", parameters));
    }

    private JsonNode post(String address, Map<String, Object> content) throws IOException {
        return sent(HttpRequest.newBuilder(URI.create(address))
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(content)))
                .build());
    }

    private JsonNode sent(HttpRequest request) throws IOException {
        try {
            ObjectNode answer =
                    JSON.readValue(http.send(request, BodyHandlers.ofString()).body(), ObjectNode.class);
            if (answer.path("value").hasNonNull("error")) {
                throw new IOException(request.uri() + ": "
                        + answer.path("value").path("message").asText());
            }
            return answer.path("value");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            sent(HttpRequest.newBuilder(URI.create(session)).DELETE().build());
        } finally {
            driver.destroy();
        }
    }
}
