/** Reports for display: tables of layers, costs and scores, and curves as CSV, pages for browsers. Nothing here prints. */
package dev.wsvd.report;
