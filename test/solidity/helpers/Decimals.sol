// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Decimals of the facility most tests are about. The others are mixed in where such a test runs again.
abstract contract Decimals8x6 {
    uint8 internal collateralDecimals = 8;
    uint8 internal loanDecimals = 6;
}

abstract contract Decimals18x18 is Decimals8x6 {
    constructor() {
        (collateralDecimals, loanDecimals) = (18, 18);
    }
}

abstract contract Decimals8x18 is Decimals8x6 {
    constructor() {
        (collateralDecimals, loanDecimals) = (8, 18);
    }
}

abstract contract Decimals18x6 is Decimals8x6 {
    constructor() {
        (collateralDecimals, loanDecimals) = (18, 6);
    }
}
