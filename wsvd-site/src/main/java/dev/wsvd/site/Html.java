package dev.wsvd.site;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The little HTML that is not made from Markdown. */
final class Html {
    private static final Pattern ID = Pattern.compile(" id=\"([^\"]*)\"");

    private Html() {}

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** The id of the first element that has one. */
    static String id(String html) {
        Matcher id = ID.matcher(html);
        if (!id.find()) {
            throw new IllegalArgumentException("No id in " + html);
        }
        return id.group(1);
    }
}
