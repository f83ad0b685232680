package dev.wsvd.adapter.djl.internal.block;

import ai.djl.nn.Block;
import ai.djl.util.PairList;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts blocks in the place of others wherever a tree refers to them: as children and in the fields of blocks, also in arrays,
 * lists and maps that fields hold. What a lambda captured cannot be replaced; {@code WatchedNetwork} finds out.
 *
 * <p>Blocks keep their children in fields of their own besides DJL's list, final ones mostly, and no interface changes those;
 * that is why this reflects.
 */
public final class References {
    private final Map<Block, Block> replacements;
    private final Set<Block> visited = Collections.newSetFromMap(new IdentityHashMap<>());

    private References(Map<Block, ? extends Block> replacements) {
        this.replacements = new IdentityHashMap<>(replacements);
    }

    /**
     * Replaces blocks of a tree.
     *
     * @param replacements the new block by the old one; each new one can be assigned to the old one's type
     * @return the tree's root, another one if the root itself is replaced
     */
    public static Block replace(Block root, Map<Block, ? extends Block> replacements) {
        References references = new References(replacements);
        Block newRoot = references.replacementOf(root);
        references.rewrite(root);
        return newRoot;
    }

    private void rewrite(Block block) {
        if (!visited.add(block) || replacements.containsKey(block)) {
            return;
        }
        List<Block> children = block.getChildren().values();
        for (Class<?> type = block.getClass(); type != null && type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())
                        && !field.getType().isPrimitive()
                        && field.trySetAccessible()) {
                    rewrite(block, field);
                }
            }
        }
        children.forEach(this::rewrite);
    }

    private void rewrite(Block owner, Field field) {
        try {
            Object value = field.get(owner);
            Object now = rewritten(value);
            if (now != value && field.getType().isInstance(now)) {
                field.set(owner, now);
            }
        } catch (IllegalAccessException e) {
            // A field that cannot be set keeps its old block; a watcher sees that block run and the layer is not split.
            return;
        }
    }

    /** The same value with blocks replaced inside it, or what to put in its place. */
    private Object rewritten(Object value) {
        if (value instanceof PairList<?, ?> pairs) {
            // DJL hands out the list itself, not a copy; it is one of any blocks.
            replaceAll(pairs.values());
        } else if (value instanceof List<?> list && list.stream().anyMatch(this::isReplaceable)) {
            return rewrittenList(list);
        } else if (value instanceof Map<?, ?> map && map.values().stream().anyMatch(this::isReplaceable)) {
            return rewrittenMap(map);
        } else if (value instanceof Block[] array) {
            Arrays.setAll(array, i -> (Block) element(array[i]));
        }
        return replacementOf(value);
    }

    private <T> void replaceAll(List<T> list) {
        list.replaceAll(this::replacementOf);
    }

    @SuppressWarnings("unchecked")
    private Object rewrittenList(List<?> list) {
        try {
            ((List<Object>) list).replaceAll(this::element);
            return list;
        } catch (UnsupportedOperationException e) {
            return list.stream().<Object>map(this::element).toList();
        }
    }

    @SuppressWarnings("unchecked")
    private Object rewrittenMap(Map<?, ?> map) {
        try {
            ((Map<Object, Object>) map).replaceAll((key, value) -> element(value));
            return map;
        } catch (UnsupportedOperationException e) {
            Map<Object, Object> copy = new LinkedHashMap<>(map);
            copy.replaceAll((key, value) -> element(value));
            return Collections.unmodifiableMap(copy);
        }
    }

    /** In an array, list or map of the user's, whose elements may have to be of the old block's very type. */
    private Object element(Object value) {
        return isReplaceable(value) ? replacementOf(value) : value;
    }

    private boolean isReplaceable(Object value) {
        return value instanceof Block block
                && replacements.containsKey(block)
                && block.getClass().isInstance(replacements.get(block));
    }

    private <T> T replacementOf(T value) {
        if (value instanceof Block block && replacements.containsKey(block)) {
            @SuppressWarnings("unchecked")
            T replacement = (T) replacements.get(block);
            return replacement;
        }
        return value;
    }
}
