/** Reports for display: tables of layers, costs and scores, and curves as CSV. Nothing here prints. */
package dev.wsvd.report;
